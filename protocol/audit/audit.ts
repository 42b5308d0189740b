/**
 * Audit by re-execution: reads a log whose chain and signatures hold, and the models that it names as far as they can be had, and does
 * again what the entries say was done.
 *
 *     train       claimed: it continues the model before, and its age follows. That anything was trained is the peer's word.
 *     publish     proved: the body is encode(release(trained)), to the bit, where mechanism and codec can be repeated; claimed: the body is a model of
 *                 the task, released by a mechanism with secret randomness, of a training that the log names.
 *     aggregate   proved: the same inputs, rule and weights give the same parameters, to the bit, and the same statuses.
 *     resume      proved: the log knew that model, at that age; of the first after a genesis, an earlier log of the peer did.
 *
 * `claimed` is what fits and cannot be done again; `missing` is what could not be judged, since a model was not to be had; `refuted` is what is false, whoever looks: the log itself, which
 * its owner signed, is the evidence. One pass, and memory for the models of one merge.
 */

import { drawsLots } from "../aggregate/registry.ts";
import { forgetOldest } from "../base/bounded.ts";
import { bytesOf, equalBytes, floatsIn, keyOf, toHex } from "../base/bytes.ts";
import { isHearsayError } from "../base/errors.ts";
import type { Aggregator, Crypto } from "../base/seams.ts";
import { numParams, type Task } from "../base/task.ts";
import type { BodyCodec } from "../codec/codec.ts";
import { codecOf } from "../codec/registry.ts";
import { initialParams } from "../learn/tensors.ts";
import type { AggregateBody, EntryType, GenesisBody, PublishBody, Statement } from "../log/entry/bodies.ts";
import { logIdOf } from "../log/entry/entry.ts";
import { isLot } from "../log/entry/lot.ts";
import type { Mechanism } from "../privacy/mechanism.ts";
import { none } from "../privacy/none.ts";
import { MECHANISMS } from "../privacy/registry.ts";
import { combine } from "../task/combine.ts";
import { encodeTask } from "../task/manifest.ts";
import { createLineage, type Judgement, type LoggedMerge, type Publication } from "./lineage.ts";
import { BudgetSpent, type Meter, type Spent } from "./work-budget.ts";

export interface AuditOptions {
  readonly task: Task;
  readonly crypto: Pick<Crypto, "sha256" | "verify">;
  readonly aggregator: Aggregator;
  /** A body or parameter vector by SHA-256, from wherever; what comes is checked. Undefined where it cannot be had. */
  readonly find: (hash: Uint8Array) => Promise<Uint8Array | undefined>;
  /** Whether an earlier log of the peer came to this model at this age, where that log is at hand: this one may begin with it. */
  readonly cameTo?: (model: { readonly params: Uint8Array; readonly age: number }) => Promise<boolean>;
  /** The privacy mechanisms that a log may name; those of the registry where left out. */
  readonly mechanisms?: ReadonlyMap<string, Mechanism>;
  /** Counts what is done; nothing is where left out. */
  readonly meter?: Meter;
  /** Hears of every entry that has been judged. */
  readonly onEntry?: (entries: number) => void;
}

/** Entries of one type. */
export interface AuditTally {
  readonly proved: number;
  readonly claimed: number;
  readonly missing: number;
  readonly refuted: number;
}

export type AuditedType = Exclude<EntryType, "genesis" | "end">;

export interface Lie {
  readonly seq: number;
  readonly type: AuditedType;
  /** Completes "entry n: ...". */
  readonly reason: string;
}

export interface AuditReport {
  readonly entries: number;
  readonly tallies: Readonly<Record<AuditedType, AuditTally>>;
  readonly firstLie?: Lie;
  /** The budget that ended before the log did: of the entries from `entries` on nothing is known. */
  readonly spent?: Spent;
}

/** What no log can prove, for people. */
export const UNPROVABLE: readonly string[] = [
  "that local training was honest: on which data, with which steps, or whether anything was trained at all",
  "which models the peer pulled or could have pulled, and left out of its log as if it had never seen them",
  "that models it names invalid were so, and those it names too stale had waited for so many of its cycles",
  "the ages that other peers claimed, and the times of entries",
];

type Finding =
  | { readonly kind: "proved" | "claimed" | "missing" }
  | { readonly kind: "refuted"; readonly reason: string };

const PROVED: Finding = { kind: "proved" };
const CLAIMED: Finding = { kind: "claimed" };
const MISSING: Finding = { kind: "missing" };
const OTHER_BODY: Finding = {
  kind: "refuted",
  reason: "the body holds other parameters than the training gave",
};

/** Vectors that are kept from one entry to the next: base, own, aggregate. */
const VECTORS_KEPT = 4;

/** An entry as far as an audit looks at it. */
export type AuditedEntry = Statement & { readonly seq: number };

/**
 * Audits the entries of one log, from its genesis on, verified before.
 * @throws RangeError where the task is not that of the log: nothing can be said then.
 */
export async function auditLog(
  entries: AsyncIterable<AuditedEntry> | Iterable<AuditedEntry>,
  { task, crypto, aggregator, find, cameTo, mechanisms = MECHANISMS, meter, onEntry }: AuditOptions,
): Promise<AuditReport> {
  const taskId = crypto.sha256(encodeTask(task));
  const codec = codecOf(task, taskId);
  const models = createModels(codec, numParams(task), crypto, metered(find, meter));
  const initial = models.keep(initialParams(task.tensors, task.seed));
  const lineage = createLineage(task, initial, codec);
  const repeating: Repeating = { codec, crypto, models, mechanisms };
  const tallies: Record<AuditedType, Record<Finding["kind"], number>> = {
    train: emptyTally(),
    publish: emptyTally(),
    aggregate: emptyTally(),
    resume: emptyTally(),
  };
  let size = 0;
  let firstLie: Lie | undefined;
  let writer: GenesisBody | undefined;

  async function judge(entry: AuditedEntry): Promise<Finding> {
    const judgement: Judgement = lineage.next(entry);
    if (judgement.fault !== undefined) return { kind: "refuted", reason: judgement.fault };
    if (judgement.unknown)
      return entry.type === "resume" && entry.seq === 1 && (await cameTo?.(entry.body)) ? PROVED : MISSING;
    if (entry.type === "publish" && judgement.published !== undefined)
      return judgePublication(entry.body, judgement.published, repeating);
    if (entry.type === "aggregate" && judgement.merge !== undefined) return reexecute(entry.body, judgement.merge);
    if (entry.type === "train") return CLAIMED;
    return PROVED;
  }

  function isOwnLot(lot: Uint8Array, own: Uint8Array): boolean {
    if (writer === undefined || !drawsLots(task.aggregation.rule)) return false;
    const logId = logIdOf(writer.peer, taskId, crypto, writer.generation);
    return isLot(lot, logId, own, writer.peer, crypto);
  }

  async function reexecute(body: AggregateBody, { ownAge, catchUp, candidates }: LoggedMerge): Promise<Finding> {
    const { lot } = body;
    if (lot !== undefined && !isOwnLot(lot, body.own))
      return { kind: "refuted", reason: "its lot is not signed by its writer" };
    const own = await models.vector(body.own);
    const base = body.base === null ? own : await models.vector(body.base);
    const bodies: Float32Array[] = [];
    for (const { model } of candidates) {
      const params = await models.body(model);
      if (params === "unusable") return { kind: "refuted", reason: `${toHex(model)} is no model of the task` };
      if (params === undefined) return MISSING;
      bodies.push(params);
    }
    if (own === undefined || base === undefined) return MISSING;
    const weighed = candidates.map(({ age, weightQ16 }, i) => ({ age, weightQ16, params: bodies[i] as Float32Array }));
    const input = { own, base, age: ownAge, candidates: weighed, catchUp, ...(lot && { lot }) };
    const { params, statuses } = await combine(task, aggregator, input);
    const out = models.keep(params);
    if (!equalBytes(out, body.out))
      return { kind: "refuted", reason: `re-execution gives another model, ${toHex(out)}` };
    const other = candidates.findIndex(({ status }, i) => status !== statuses[i]);
    if (other < 0) return PROVED;
    return { kind: "refuted", reason: `the rule's word for parent ${other} is ${statuses[other]}` };
  }

  async function take(entry: AuditedEntry): Promise<void> {
    meter?.entry();
    if (entry.type === "genesis" && !equalBytes(entry.body.task, taskId))
      throw new RangeError("the log is about another task");
    if (entry.type === "genesis") writer = entry.body;
    const finding = await judge(entry);
    if (entry.type !== "genesis" && entry.type !== "end") {
      tallies[entry.type][finding.kind]++;
      if (finding.kind === "refuted") firstLie ??= { seq: entry.seq, type: entry.type, reason: finding.reason };
    }
    size += 1;
    onEntry?.(size);
  }

  let spent: Spent | undefined;
  try {
    for await (const entry of entries) await take(entry);
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    spent = error.what;
  }
  return { entries: size, tallies, ...(firstLie && { firstLie }), ...(spent && { spent }) };
}

function metered(find: AuditOptions["find"], meter: Meter | undefined): AuditOptions["find"] {
  return async (hash) => {
    const bytes = await find(hash);
    meter?.read(bytes?.length ?? 0);
    return bytes;
  };
}

interface Repeating {
  readonly codec: BodyCodec;
  readonly crypto: Pick<Crypto, "sha256">;
  readonly models: Models;
  readonly mechanisms: ReadonlyMap<string, Mechanism>;
}

/** Does the release and the encoding of a publication again, where they can be. */
async function judgePublication(
  { model }: PublishBody,
  { trained, mechanism: name }: Publication,
  { codec, crypto, models, mechanisms }: Repeating,
): Promise<Finding> {
  const mechanism = mechanisms.get(name);
  if (mechanism === undefined) return { kind: "refuted", reason: `no privacy mechanism has the name ${name}` };
  const received = await models.body(model);
  if (received === "unusable") return { kind: "refuted", reason: "the body is no model of the task" };
  if (!mechanism.isRepeatable) return received === undefined ? MISSING : CLAIMED;
  // Where nothing was lost, what others receive is what was trained: archives need not keep that a second time.
  const isExact = codec.isLossless && mechanism === none;
  if (isExact && received !== undefined) return equalBytes(models.keep(received), trained) ? PROVED : OTHER_BODY;
  const params = await models.vector(trained);
  if (params === undefined) return MISSING;
  return equalBytes(crypto.sha256(codec.encode(mechanism.release(params))), model) ? PROVED : OTHER_BODY;
}

function emptyTally(): Record<Finding["kind"], number> {
  return { proved: 0, claimed: 0, missing: 0, refuted: 0 };
}

interface Models {
  /** Remembers a vector for the next entries; its hash. */
  keep(params: Float32Array): Uint8Array;
  /** A vector by the hash of its bytes: known from an entry before, or found. */
  vector(hash: Uint8Array): Promise<Float32Array | undefined>;
  /** The parameters in a body by its hash; "unusable" where those bytes are no model that an honest peer lets in. */
  body(hash: Uint8Array): Promise<Float32Array | "unusable" | undefined>;
}

function createModels(
  codec: BodyCodec,
  length: number,
  { sha256 }: Pick<Crypto, "sha256">,
  find: AuditOptions["find"],
): Models {
  const vectors = new Map<string, Float32Array>();

  async function findChecked(hash: Uint8Array): Promise<Uint8Array | undefined> {
    const bytes = await find(hash);
    return bytes !== undefined && equalBytes(sha256(bytes), hash) ? bytes : undefined;
  }

  function keep(params: Float32Array): Uint8Array {
    const hash = sha256(bytesOf(params));
    vectors.delete(keyOf(hash)); // re-inserted at the end
    vectors.set(keyOf(hash), params);
    forgetOldest(vectors, VECTORS_KEPT);
    return hash;
  }

  async function vector(hash: Uint8Array): Promise<Float32Array | undefined> {
    const known = vectors.get(keyOf(hash));
    if (known !== undefined) return known;
    const bytes = await findChecked(hash);
    return bytes?.length === 4 * length ? floatsIn(bytes) : undefined;
  }

  async function body(hash: Uint8Array): Promise<Float32Array | "unusable" | undefined> {
    const bytes = await findChecked(hash);
    if (bytes === undefined) return undefined;
    try {
      const params = codec.decode(bytes);
      return params.every(Number.isFinite) ? params : "unusable";
    } catch (error) {
      if (isHearsayError(error)) return "unusable";
      throw error;
    }
  }

  return { keep, vector, body };
}
