/**
 * What makes a sequence of signed entries a log. Entry n (from 0) must
 *
 *     decode                                     entry.ts, bodies.ts
 *     be the genesis if and only if n = 0        reason "genesis"
 *     have seq = n, prev = id of entry n-1, logId = that of (genesis.peer, genesis.task), tsMs >= that of entry n-1
 *     be signed by genesis.peer
 *
 * One pass, constant memory, no store: the peer's own start, the command line and an exported file use the same code.
 *
 * A beginning of a log is a log: that the end was cut off shows only to somebody who knows a later head. The peer
 * keeps its head beside the entries; others hold the heads that it announced. Compare `head` with those.
 */
import { equalBytes } from "../bytes.ts";
import { HearsayError, isHearsayError } from "../errors.ts";
import type { Crypto, PeerId } from "../seams.ts";
import { peerIdFromPublicKey } from "../wire/identity.ts";
import type { Statement } from "./bodies.ts";
import { type Entry, logIdOf, readEntry, signatureHolds } from "./entry.ts";

/** Why an entry is not the next one of the log; `details.reason` of ERR_LOG_CHAIN. */
export type ChainReason =
  /** The bytes are no entry. */
  | "decode"
  /** The first entry is no genesis, or another one is. */
  | "genesis"
  /** The log is another peer's, or another task's, than was asked for. */
  | "peer"
  | "task"
  /** The entry belongs to another log, another place, another history. */
  | "log-id"
  | "seq"
  | "prev"
  /** The clock ran backwards. */
  | "time"
  | "signature"
  /** No entry where there should be one. */
  | "missing"
  /** The stored head is damaged or names another entry than the last (`chain.ts`). */
  | "head"
  /** The readable half of an exported line contradicts its signed half (`jsonl.ts`). */
  | "view";

export interface LogHead {
  readonly seq: number;
  readonly id: Uint8Array;
}

export interface VerifyOptions {
  readonly crypto: Crypto;
  /** Whose log it should be; anybody's, where left out. */
  readonly peer?: PeerId;
  /** The task (32 bytes) it should be about. */
  readonly task?: Uint8Array;
  /** Sees every entry once it has been verified; may throw `chainError`. */
  readonly onEntry?: (entry: Entry) => void;
}

/** The log as far as it holds: everything before `firstBad`. */
export interface Verification {
  readonly ok: boolean;
  /** Number of entries that hold. */
  readonly entries: number;
  readonly logId?: Uint8Array;
  readonly peer?: PeerId;
  readonly task?: Uint8Array;
  /** The last entry that holds. */
  readonly head?: LogHead;
  readonly firstBad?: { readonly seq: number; readonly reason: ChainReason; readonly message: string };
}

/** Whose log it is, as the genesis says. */
export interface LogOwner {
  readonly logId: Uint8Array;
  readonly peer: Uint8Array;
  readonly task: Uint8Array;
}

/** Takes the entries of one log in order. */
export interface ChainVerifier {
  /**
   * Checks the next entry (signature | entry).
   * @throws HearsayError ERR_LOG_CHAIN with {seq, reason}; the verifier stays where it was.
   */
  next(signed: Uint8Array): Entry;
  /** Undefined before the genesis, like `last`. */
  readonly owner: LogOwner | undefined;
  readonly last: Entry | undefined;
}

export function createVerifier(options: VerifyOptions): ChainVerifier {
  const { crypto } = options;
  let owner: LogOwner | undefined;
  let last: Entry | undefined;

  function next(signed: Uint8Array): Entry {
    const seq = last === undefined ? 0 : last.seq + 1;
    const must = (holds: boolean, reason: ChainReason, message: string) => {
      if (!holds) throw chainError(seq, reason, message);
    };
    const entry = read(signed, seq, crypto);
    must((entry.type === "genesis") === (seq === 0), "genesis", "the genesis is the first entry and no other");
    const writer = owner ?? ownerOf(entry as Entry & Statement<"genesis">, crypto);
    if (owner === undefined) {
      const { peer, task } = options;
      must(peer === undefined || peerIdFromPublicKey(writer.peer) === peer, "peer", "the log is another peer's");
      must(task === undefined || equalBytes(writer.task, task), "task", "the log is about another task");
    }
    must(equalBytes(entry.logId, writer.logId), "log-id", "the entry belongs to another log");
    must(entry.seq === seq, "seq", `entry ${entry.seq} stands in its place`);
    must(equalBytes(entry.prev, last?.id ?? NO_ENTRY), "prev", "it does not follow the entry before it");
    must(last === undefined || entry.tsMs >= last.tsMs, "time", "it is older than the entry before it");
    must(signatureHolds(entry, crypto, writer.peer), "signature", "the signature does not hold");
    options.onEntry?.(entry);
    owner = writer;
    last = entry;
    return entry;
  }

  return {
    next,
    get owner() {
      return owner;
    },
    get last() {
      return last;
    },
  };
}

/**
 * Verifies a whole log. What the source throws passes through, but for ERR_LOG_CHAIN, which is part of the answer.
 */
export function verifyLog(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: VerifyOptions,
): Promise<Verification> {
  return verification(options, async (verifier) => {
    for await (const signed of source) verifier.next(signed);
  });
}

/** The outcome of feeding a verifier: ERR_LOG_CHAIN, thrown by it or by `feed`, is part of the answer. */
export async function verification(
  options: VerifyOptions,
  feed: (verifier: ChainVerifier) => Promise<void>,
): Promise<Verification> {
  const verifier = createVerifier(options);
  try {
    await feed(verifier);
    if (verifier.last === undefined) throw chainError(0, "missing", "the log is empty");
  } catch (error) {
    if (!isHearsayError(error, "ERR_LOG_CHAIN")) throw error;
    const { seq, reason } = error.details as { seq: number; reason: ChainReason };
    return { ok: false, ...summary(verifier), firstBad: { seq, reason, message: error.message } };
  }
  return { ok: true, ...summary(verifier) };
}

/** ERR_LOG_CHAIN: entry `seq` is the first that does not hold. */
export function chainError(seq: number, reason: ChainReason, message: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_LOG_CHAIN", `log entry ${seq}: ${message}`, { seq, reason }, cause);
}

/** `prev` of the genesis. */
export const NO_ENTRY: Uint8Array = new Uint8Array(32);

function read(signed: Uint8Array, seq: number, crypto: Crypto): Entry {
  try {
    return readEntry(signed, crypto);
  } catch (cause) {
    if (!isHearsayError(cause)) throw cause;
    throw chainError(seq, "decode", cause.message, cause);
  }
}

function ownerOf(genesis: Entry & Statement<"genesis">, crypto: Crypto): LogOwner {
  const { peer, task } = genesis.body;
  return { logId: logIdOf(peer, task, crypto), peer, task };
}

function summary({ owner, last }: ChainVerifier): Omit<Verification, "ok" | "firstBad"> {
  if (owner === undefined || last === undefined) return { entries: 0 };
  const { logId, task } = owner;
  const head = { seq: last.seq, id: last.id };
  return { entries: last.seq + 1, logId, peer: peerIdFromPublicKey(owner.peer), task, head };
}
