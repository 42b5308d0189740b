/** What one entry of a log is worth, by the entries before it and by the models that it names. `audit.ts` says what the words mean. */
import { drawsLots } from "../aggregate/registry.ts";
import { equalBytes, toHex } from "../base/bytes.ts";
import type { Aggregator } from "../base/learning-seams.ts";
import type { Crypto } from "../base/seams.ts";
import { sharedTask } from "../base/shared-tensors.ts";
import { cohortOf, numParams, type Task } from "../base/task.ts";
import type { BodyCodec } from "../codec/codec.ts";
import { codecOf } from "../codec/registry.ts";
import { certificateFault } from "../cohort/certificate.ts";
import { CLUSTER, readClusterCertificate } from "../gateway/certificate.ts";
import { initialParams } from "../learn/tensors.ts";
import type { AggregateBody, GenesisBody, PublishBody, Statement } from "../log/entry/bodies.ts";
import { logIdOf } from "../log/entry/entry.ts";
import { isLot } from "../log/entry/lot.ts";
import type { Mechanism } from "../privacy/mechanism.ts";
import { MECHANISMS } from "../privacy/registry.ts";
import { clusterMedian } from "../task/cluster-median.ts";
import { combine } from "../task/combine.ts";
import { encodeTask } from "../task/manifest.ts";
import { moveTraining } from "../task/move.ts";
import { givenStart } from "../task/start.ts";
import { createLineage, type Lineage, type LoggedMerge, type LoggedMove, type Publication } from "./lineage.ts";
import { createModels, type Models } from "./models.ts";
import type { Meter } from "./work-budget.ts";

export interface ExaminerOptions {
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
}

/** An entry as far as an audit looks at it. */
export type AuditedEntry = Statement & { readonly seq: number; readonly tsMs: number };

export type Finding =
  | { readonly kind: "proved" | "claimed" | "missing" }
  | { readonly kind: "refuted"; readonly reason: string };

const PROVED: Finding = { kind: "proved" };
const CLAIMED: Finding = { kind: "claimed" };
const MISSING: Finding = { kind: "missing" };
/** The key of a log whose first entry is missing. */
const NOBODY: Uint8Array = new Uint8Array(32);
const OTHER_BODY: Finding = {
  kind: "refuted",
  reason: "the body holds other parameters than the training gave",
};

/** What entries are judged with, and the writer of the log once its genesis was read. */
export interface Examiner {
  readonly task: Task;
  readonly taskId: Uint8Array;
  readonly crypto: Pick<Crypto, "sha256" | "verify">;
  readonly aggregator: Aggregator;
  readonly cameTo: ExaminerOptions["cameTo"];
  readonly mechanisms: ReadonlyMap<string, Mechanism>;
  readonly codec: BodyCodec;
  readonly models: Models;
  readonly lineage: Lineage;
  writer: GenesisBody | undefined;
}

export function createExaminer(options: ExaminerOptions): Examiner {
  const { task, crypto, aggregator, find, cameTo, mechanisms = MECHANISMS, meter } = options;
  const taskId = crypto.sha256(encodeTask(task));
  const codec = codecOf(task, taskId);
  const { tensors } = sharedTask(task); // nothing else leaves a peer
  const models = createModels(codec, numParams({ tensors }), crypto, metered(find, meter));
  const initial = givenStart(task) ?? models.keep(initialParams(tensors, task.seed)); // given ones are found as others are
  const lineage = createLineage(task, initial, codec);
  return { task, taskId, crypto, aggregator, cameTo, mechanisms, codec, models, lineage, writer: undefined };
}

function metered(find: ExaminerOptions["find"], meter: Meter | undefined): ExaminerOptions["find"] {
  return async (hash) => {
    const bytes = await find(hash);
    meter?.read(bytes?.length ?? 0);
    return bytes;
  };
}

/**
 * Judges the next entry of the log.
 * @throws RangeError at a genesis of another task. @throws BudgetSpent where the meter says so.
 */
export async function examine(examiner: Examiner, entry: AuditedEntry): Promise<Finding> {
  const { lineage, taskId, cameTo } = examiner;
  if (entry.type === "genesis") {
    if (!equalBytes(entry.body.task, taskId)) throw new RangeError("the log is about another task");
    examiner.writer = entry.body;
  }
  const judgement = lineage.next(entry);
  if (judgement.fault !== undefined) return { kind: "refuted", reason: judgement.fault };
  if (judgement.unknown)
    return entry.type === "resume" && entry.seq === 1 && (await cameTo?.(entry.body)) ? PROVED : MISSING;
  if (entry.type === "publish" && judgement.published !== undefined)
    return judgePublished(examiner, entry, judgement.published);
  if (entry.type === "aggregate" && judgement.merge !== undefined)
    return reexecute(examiner, entry.body, judgement.merge);
  if (entry.type === "train")
    return judgement.moved === undefined ? CLAIMED : moveAgain(examiner, entry.body.out, judgement.moved);
  return PROVED;
}

function judgePublished(
  examiner: Examiner,
  { body, tsMs }: AuditedEntry & { readonly type: "publish" },
  published: Publication,
): Promise<Finding> {
  const { cohort, mechanism } = published;
  if (cohort === undefined) return judgePublication(examiner, body, published);
  return mechanism === CLUSTER
    ? judgeRelease(examiner, body, published, cohort, tsMs)
    : judgeMean(examiner, body, published, cohort);
}

/** Adds once more what a training gave to another model. The training stays its writer's word. */
async function moveAgain({ models }: Examiner, out: Uint8Array, { onto, began, ended }: LoggedMove): Promise<Finding> {
  const at = await models.vector(onto);
  const from = await models.vector(began);
  const to = await models.vector(ended);
  if (at === undefined || from === undefined || to === undefined) return MISSING;
  const moved = models.keep(moveTraining(at, from, to));
  if (equalBytes(moved, out)) return CLAIMED;
  return { kind: "refuted", reason: `the training that was moved gives another model, ${toHex(moved)}` };
}

/** Does the release and the encoding of a publication again, where they can be. */
async function judgePublication(
  { codec, crypto, models, mechanisms }: Examiner,
  { model }: PublishBody,
  { trained, mechanism: name }: Publication,
): Promise<Finding> {
  const mechanism = mechanisms.get(name);
  if (mechanism === undefined) return { kind: "refuted", reason: `no privacy mechanism has the name ${name}` };
  const received = await models.body(model);
  if (received === "unusable") return { kind: "refuted", reason: "the body is no model of the task" };
  if (!mechanism.isRepeatable) return received === undefined ? MISSING : CLAIMED;
  // Where nothing was lost, what others receive is what was trained: archives need not keep that a second time.
  const isExact = codec.isLossless && received !== undefined && mechanism.release(received) === received;
  if (isExact) return equalBytes(models.keep(received), trained) ? PROVED : OTHER_BODY;
  const params = await models.vector(trained);
  if (params === undefined) return MISSING;
  return equalBytes(crypto.sha256(codec.encode(mechanism.release(params))), model) ? PROVED : OTHER_BODY;
}

/** That members of a cohort signed it can be seen; that it is the mean of what they sent, each of them has seen. */
async function judgeMean(
  { task, taskId, crypto, codec, models, writer }: Examiner,
  { model, age }: PublishBody,
  { trained, mass }: Publication,
  certificate: Uint8Array,
): Promise<Finding> {
  const claim = { task: taskId, model, age, mass, publicKey: writer?.peer ?? NOBODY };
  const fault = certificateFault(certificate, claim, cohortOf(task)?.minimum ?? mass, crypto);
  if (fault !== undefined) return { kind: "refuted", reason: `the word of its cohort does not hold: ${fault}` };
  const received = await models.body(model);
  if (received === "unusable") return { kind: "refuted", reason: "the body is no model of the task" };
  if (received === undefined) return MISSING;
  return codec.isLossless && !equalBytes(models.keep(received), trained) ? OTHER_BODY : CLAIMED;
}

/** The release of a gateway: its members signed it, and it is made again of their models. */
async function judgeRelease(
  { taskId, crypto, codec, models, aggregator, writer }: Examiner,
  { model, age }: PublishBody,
  { trained, mass }: Publication,
  certificate: Uint8Array,
  tsMs: number,
): Promise<Finding> {
  const claim = { task: taskId, age, mass, publicKey: writer?.peer ?? NOBODY, tsMs };
  const members = readClusterCertificate(certificate, claim, crypto);
  if (typeof members === "string")
    return { kind: "refuted", reason: `the word of its cluster does not hold: ${members}` };
  const bodies: Float32Array[] = [];
  for (const { says } of members) {
    const params = await models.body(says.model);
    if (params === "unusable") return { kind: "refuted", reason: `${toHex(says.model)} is no model of the task` };
    if (params === undefined) return MISSING;
    bodies.push(params);
  }
  const median = await clusterMedian(aggregator, bodies);
  const isSame = equalBytes(models.keep(median), trained) && equalBytes(crypto.sha256(codec.encode(median)), model);
  return isSame ? PROVED : { kind: "refuted", reason: "the models of its members make another release" };
}

/** Does a merge again. */
async function reexecute(examiner: Examiner, body: AggregateBody, logged: LoggedMerge): Promise<Finding> {
  const { task, aggregator, models } = examiner;
  const { ownAge, catchUp, candidates } = logged;
  const { lot } = body;
  if (lot !== undefined && !isOwnLot(examiner, lot, body.own))
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
  const weighed = candidates.map(({ age, weightQ16, isOutside = false }, i) => {
    return { age, weightQ16, isOutside, params: bodies[i] as Float32Array };
  });
  const input = { own, base, age: ownAge, candidates: weighed, catchUp, ...(lot && { lot }) };
  const { params, statuses } = await combine(task, aggregator, input);
  const out = models.keep(params);
  if (!equalBytes(out, body.out)) return { kind: "refuted", reason: `re-execution gives another model, ${toHex(out)}` };
  const other = candidates.findIndex(({ status }, i) => status !== statuses[i]);
  if (other < 0) return PROVED;
  return { kind: "refuted", reason: `the rule's word for parent ${other} is ${statuses[other]}` };
}

function isOwnLot({ writer, task, taskId, crypto }: Examiner, lot: Uint8Array, own: Uint8Array): boolean {
  if (writer === undefined || !drawsLots(task.aggregation.rule)) return false;
  const logId = logIdOf(writer.peer, taskId, crypto, writer.generation);
  return isLot(lot, logId, own, writer.peer, crypto);
}
