/**
 * What the three ways of a proof have in common (proofs.ts, pulled-proofs.ts, brief-proofs.ts):
 *
 *     openingOf        what is remembered of the author's log, and from where on the proof has to go on
 *     requireVouched   whose word a model needs that is the mean of several
 *     entryOf          the `publish` entry, made again from what was said of it
 *     proved           the end of each: doubts are cleared, the new head is remembered and perhaps cosigned
 *     contradicted     the other end: evidence is looked for, and the model is refused
 */
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Crypto, PeerId, Transport } from "../../base/seams.ts";
import { certificateFault } from "../../cohort/certificate.ts";
import { readClusterCertificate } from "../../gateway/certificate.ts";
import type { Claims } from "../../gateway/claims.ts";
import { decodeEntry, logIdOf } from "../../log/entry/entry.ts";
import { type Frontier, isConsistent } from "../../log/tree/merkle.ts";
import { type Announcement, hasNote } from "../../wire/announcement.ts";
import { encodeCanonical } from "../../wire/canonical.ts";
import {
  decodeProveAnswer,
  encodeLogRequest,
  LOG_PROTOCOL,
  type LogRequest,
  type ProveAnswer,
} from "../../wire/log-messages.ts";
import type { Made } from "../../wire/model-messages.ts";
import type { PullProof } from "../../wire/pull-messages.ts";
import type { Life } from "../life.ts";
import type { Doubts } from "./doubts.ts";
import { findFork, type SearchContext } from "./fork-search.ts";
import type { HeadMemory } from "./heads.ts";
import { announcedState, type SignedState } from "./signed-state.ts";

export interface ProverComponents {
  readonly crypto: Crypto;
  readonly transport: Pick<Transport, "request" | "peers">;
  readonly heads: HeadMemory;
  readonly doubts: Doubts;
  readonly life: Life;
}

export interface ProverOptions {
  readonly taskId: Uint8Array;
  /** Name of the task's codec. */
  readonly codec: string;
  /** How the task says that models are made. */
  readonly own: Made;
  /** Fewest members that have to vouch for a model; undefined where each publishes its own. */
  readonly leastVouching: number | undefined;
  /** Whom members of clusters named last; left out where the task knows no gateways. */
  readonly claims?: Claims;
  /**
   * Whether an author is asked through a gateway, which asks for all of its cluster at once: then what this peer has proved of its log before is left out
   * of account, and that the log goes on from there is for the gateway to see.
   */
  isGuest?(author: PeerId): boolean;
  /** Whether others are told what an author answers: then a pull is asked for as they would ask for it, and that the log goes on is asked for apart. */
  isShared?(author: PeerId): boolean;
  /** Evidence that came to light. */
  onFork(evidence: Uint8Array): void;
  /** An author wants its log cosigned, which has just been proved. */
  onWanted(announced: Announcement, logId: Uint8Array): Promise<void>;
}

/** What the functions of these four files share. */
export interface ProofContext extends ProverComponents, ProverOptions {
  readonly search: SearchContext;
  /** Authors whose entries are looked through for a fork. */
  readonly searched: Set<PeerId>;
}

/** What a proof begins with. */
export type ToldPlace = Pick<Announcement, "author" | "publicKey" | "generation" | "seq">;

/** What a proof starts from. */
export interface Opening {
  readonly logId: Uint8Array;
  /** The newest head of the author that is remembered. */
  readonly known: Announcement | undefined;
  /** The same where it is of the log that is announced. */
  readonly continued: Announcement | undefined;
  /** Entries of that log that are proved. */
  readonly old: number;
  /** See `ProverOptions.isGuest`. */
  readonly isGuest: boolean;
}

/** @throws HearsayError ERR_RATE, ERR_LOG_PROOF where the announced log cannot continue the one that is remembered. */
export function openingOf({ crypto, taskId, heads, ...options }: ProofContext, announced: ToldPlace): Opening {
  const { publicKey, generation, seq } = announced;
  const known = heads.get(announced.author);
  if (!heads.mayBegin(announced))
    throw new HearsayError("ERR_RATE", "another new log of this author today", { limit: "maxGenerationsPerDay" });
  const logId = logIdOf(publicKey, taskId, crypto, generation);
  const isGuest = options.isGuest?.(announced.author) === true;
  const continued = known?.generation === generation && !isGuest ? known : undefined;
  const old = continued === undefined ? 0 : continued.seq + 1;
  if (old > seq + 1) throw unproved("its log is shorter than it was");
  return { logId, known, continued, old, isGuest };
}

/**
 * The log goes on as announced: what its author has to account for beside is looked into, and the head remembered. @throws HearsayError ERR_LOG_PROOF,
 * or what a request throws.
 */
export async function proved(
  context: ProofContext,
  announced: Announcement,
  { logId, known, isGuest }: Opening,
  { frontier, wanted }: { readonly frontier: Frontier; readonly wanted: boolean },
): Promise<void> {
  const { doubts, heads, life } = context;
  for (const doubted of doubts.before(announcedState(announced))) await clear(context, doubted, announced, logId);
  // A new log has nothing to show about the one before, but the doubts about that one can still convict.
  if (known && known.generation < announced.generation)
    for (const doubted of doubts.before(announcedState(known))) convict(context, doubted, known);
  heads.remember(announced, frontier);
  if (wanted && !isGuest && hasNote(announced)) life.aside(context.onWanted(announced, logId));
}

/** The author is asked for what shows the fork to everybody. */
export function contradicted(context: ProofContext, known: Announcement, announced: Announcement): HearsayError {
  convict(context, announcedState(known), announced);
  return unproved("its log does not continue the one that it had before");
}

/** @throws HearsayError ERR_LOG_PROOF where the author has no such log, or what a request throws. */
export async function asked(
  { search }: ProofContext,
  { author }: Announcement,
  request: LogRequest,
): Promise<ProveAnswer> {
  const { transport, signal } = search;
  try {
    return decodeProveAnswer(await transport.request(author, LOG_PROTOCOL, encodeLogRequest(request), { signal }));
  } catch (error) {
    if (isHearsayError(error, "ERR_NOT_FOUND")) throw unproved("its author has no such log", error);
    throw error;
  }
}

/** @throws HearsayError ERR_LOG_PROOF where its author does not show that what it signed once, and what it announces now, are of one log. */
async function clear(
  context: ProofContext,
  doubted: SignedState,
  announced: Announcement,
  logId: Uint8Array,
): Promise<void> {
  const { crypto, doubts } = context;
  const { seq, root } = announced;
  const { size: old, root: oldRoot } = doubted;
  const request = { what: "prove", logId, seq, old } as const;
  const refusal = await asked(context, announced, request).then(({ consistency }) => {
    if (isConsistent({ old, size: seq + 1, oldRoot, root }, consistency, crypto)) return undefined;
    return unproved("it does not continue another one that its author signed");
  }, requireRefusal);
  if (refusal === undefined) return doubts.settle(doubted);
  convict(context, doubted, announced);
  throw refusal;
}

/** The author's own statements and entries may show the fork to everybody: looked for once at a time, and beside the refusal. */
function convict({ search, searched, life, onFork }: ProofContext, known: SignedState, announced: Announcement): void {
  const { author } = announced;
  if (searched.has(author)) return;
  searched.add(author);
  const found = findFork(search, known, announcedState(announced)).then((fork) => fork && onFork(fork));
  life.aside(found.finally(() => searched.delete(author)));
}

/** An author that does not show what it is asked for; anything else, e.g. that it is gone, is thrown. */
function requireRefusal(error: unknown): HearsayError {
  if (isHearsayError(error, "ERR_LOG_PROOF")) return error;
  throw error;
}

/**
 * A model of a cohort is taken where its members vouch for it, that of several where they are a cluster whose members do, and of a peer alone where the task asks
 * for no cohorts. @throws HearsayError ERR_LOG_PROOF.
 */
export function requireVouched(
  { crypto, taskId: task, leastVouching, claims }: ProofContext,
  { model, age, mass, publicKey, tsMs }: Announcement,
  certificate: Uint8Array | undefined,
): void {
  if (claims !== undefined && mass > 1) {
    const claim = { task, age, mass, publicKey, tsMs };
    const members =
      certificate === undefined ? "nobody vouches for it" : readClusterCertificate(certificate, claim, crypto);
    if (typeof members === "string") throw unproved(members);
    if (!claims.take(members)) throw unproved("most of its members have named another gateway since");
    return;
  }
  if (leastVouching === undefined && certificate === undefined) return;
  if (leastVouching === undefined) throw unproved("it is the mean of a cohort, and the task has none");
  if (certificate === undefined) throw unproved("no cohort vouches for it");
  const fault = certificateFault(certificate, { task, model, age, mass, publicKey }, leastVouching, crypto);
  if (fault !== undefined) throw unproved(fault);
}

/** The tree that is announced begins with the one that is remembered. @throws HearsayError ERR_LOG_PROOF, or what a request throws. */
export async function requireContinued(
  context: ProofContext,
  announced: Announcement,
  logId: Uint8Array,
  continued: Announcement,
  old: number,
): Promise<void> {
  const { seq, root } = announced;
  const { consistency } = await asked(context, announced, { what: "prove", logId, seq, old });
  if (!isConsistent({ old, size: seq + 1, oldRoot: continued.root, root }, consistency, context.crypto))
    throw contradicted(context, continued, announced);
}

/** What an announcement says of a `publish` entry. */
type Said = Pick<Announcement, "seq" | "tsMs" | "model" | "age" | "bytes" | "mass">;

/** The bytes of the entry, without its signature. @throws HearsayError ERR_DECODE where it is none. */
export function entryOf(
  { seq, tsMs, model, age, bytes, mass }: Said,
  logId: Uint8Array,
  codec: string,
  { prev, trained, mechanism, shared, cohort }: Omit<PullProof, "growth" | "wanted">,
): Uint8Array {
  const body = { model, age, bytes, codec, mechanism, shared, mass, trained, ...(cohort && { cohort }) };
  const entry = encodeCanonical([2, logId, seq, prev, tsMs, "publish", body]);
  decodeEntry(entry);
  return entry;
}

export function unproved(why: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_LOG_PROOF", `the model is not proved: ${why}`, {}, cause);
}
