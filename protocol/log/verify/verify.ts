/**
 * What makes a sequence of signed entries a log. Entry n (from 0) must
 *
 *     decode                                     log/entry/entry.ts, log/entry/bodies.ts
 *     be the genesis if and only if n = 0        reason "genesis"
 *     have seq = n, prev = id of entry n-1, logId = that of (genesis.peer, genesis.task, genesis.generation), tsMs >= that of entry n-1
 *     not come after an `end`                    reason "ended"
 *     be signed by genesis.peer
 *
 * and the Merkle tree over the entries must have the roots that checkpoints say. One pass, no store, memory that does not grow: the peer's own
 * start, the command line and an exported file use the same code.
 *
 * Signatures are nearly all of the work. They are checked here, or in batches by others (a SignatureChecker, on other threads), or
 * only the last one: since each entry names the one before by its hash, the last signature vouches for all entries, though not for
 * their own signatures, which somebody may want to show on their own.
 *
 * A beginning of a log is a log: that the end was cut off shows only to somebody who knows a later head. The peer
 * keeps its head beside the entries; others hold the heads that it announced. Compare `head` with those.
 */
import { equalBytes } from "../../base/bytes.ts";
import { type HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Crypto, PeerId } from "../../base/seams.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import type { Statement } from "../entry/bodies.ts";
import { type ChainReason, chainError } from "../entry/chain-error.ts";
import { type Entry, logIdOf, readEntry, signatureHolds } from "../entry/entry.ts";
import { successionHolds } from "../entry/succession.ts";
import { readWithheld, type Withheld, withheldHolds } from "../export/withheld.ts";
import type { Checkpoint } from "../tree/checkpoint.ts";
import { leafHash } from "../tree/merkle.ts";
import { createTree, type Tree } from "../tree/tiles.ts";
import { type Signatures, signaturesLater } from "./signatures.ts";

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
  /** Which of the key's logs of the task it should be. */
  readonly generation?: number;
  /** States that the log must have been in, where it gets that far; their signatures are the caller's to check. */
  readonly checkpoints?: readonly Checkpoint[];
  /** `each` (left out: this), `last` (see above: then "signature" says that nothing vouches for the log), or a checker's work. */
  readonly signatures?: Signatures;
  /** Whether entries may be withheld, as in a redacted export; a store has all of them. */
  readonly mayWithhold?: boolean;
  /** Sees every entry once it has been verified, but for its signature where that comes later; may throw `chainError`. */
  readonly onEntry?: (entry: Entry) => void;
}

/** The log as far as it holds: everything before `firstBad`. */
export interface Verification {
  readonly ok: boolean;
  /** Number of entries that hold. */
  readonly entries: number;
  /** How many of them are withheld (log/export/withheld.ts): the log has them, and what they say is not shown. */
  readonly withheld?: number;
  readonly logId?: Uint8Array;
  readonly peer?: PeerId;
  readonly task?: Uint8Array;
  readonly generation?: number;
  /** The last entry that holds. */
  readonly head?: LogHead;
  /** Of the tree over all entries, where all hold. */
  readonly root?: Uint8Array;
  /** Whether the last entry that holds ends the log. */
  readonly ended?: boolean;
  readonly firstBad?: { readonly seq: number; readonly reason: ChainReason; readonly message: string };
}

/** Whose log it is, as the genesis says. */
export interface LogOwner {
  readonly logId: Uint8Array;
  readonly peer: Uint8Array;
  readonly task: Uint8Array;
  readonly generation: number;
}

/** Takes the entries of one log in order. */
export interface ChainVerifier {
  /**
   * Checks the next entry (signature | entry).
   * @throws HearsayError ERR_LOG_CHAIN with {seq, reason}; `last` stays the last that holds, and no entry can follow.
   */
  next(signed: Uint8Array): Entry;
  /** Takes an entry that is withheld (log/export/withheld.ts) in the place of the next: never the first. @throws HearsayError ERR_LOG_CHAIN */
  pass(withheld: Withheld): void;
  /** Undefined before the genesis, like `last`. */
  readonly owner: LogOwner | undefined;
  readonly last: Link | undefined;
  /** Entries that were withheld. */
  readonly withheld: number;
  readonly tree: Tree;
}

/** What the next entry is held against; a withheld entry has the time and version of the one before it. */
export type Link = Pick<Entry, "seq" | "id" | "tsMs" | "version"> & { readonly type: Entry["type"] | "withheld" };

/** Where a verifier goes on that somebody else has brought there. */
export interface VerifiedPart {
  readonly owner: LogOwner;
  readonly last: Link;
}

/** @param tree that of the entries so far; it grows with them. */
export function createVerifier(
  options: VerifyOptions,
  tree: Tree = createTree(options.crypto),
  before?: VerifiedPart,
): ChainVerifier {
  const { crypto, checkpoints = [], signatures = "each" } = options;
  let { owner, last }: Partial<VerifiedPart> = before ?? {};
  let passed = 0;

  function next(signed: Uint8Array): Entry {
    const seq = last === undefined ? 0 : last.seq + 1;
    const must = (holds: boolean, reason: ChainReason, message: string) => {
      if (!holds) throw chainError(seq, reason, message);
    };
    const entry = read(signed, seq, crypto);
    must((entry.type === "genesis") === (seq === 0), "genesis", "the genesis is the first entry and no other");
    const writer = owner ?? ownerOf(entry as Entry & Statement<"genesis">, crypto);
    if (owner === undefined) {
      const { peer, task, generation } = options;
      must(peer === undefined || peerIdFromPublicKey(writer.peer) === peer, "peer", "the log is another peer's");
      must(task === undefined || equalBytes(writer.task, task), "task", "the log is about another task");
      must(generation === undefined || writer.generation === generation, "generation", "the log is another generation");
    }
    must(equalBytes(entry.logId, writer.logId), "log-id", "the entry belongs to another log");
    must(entry.seq === seq, "seq", `entry ${entry.seq} stands in its place`);
    must(equalBytes(entry.prev, last?.id ?? NO_ENTRY), "prev", "it does not follow the entry before it");
    must(last === undefined || entry.tsMs >= last.tsMs, "time", "it is older than the entry before it");
    must(
      last === undefined || entry.version >= last.version,
      "version",
      "it is of an older version than the entry before it",
    );
    must(last?.type !== "end", "ended", "the entry before it ended the log");
    if (entry.type === "end") {
      const ending = { logId: entry.logId, publicKey: writer.peer };
      must(successionHolds(entry.body, ending, crypto), "succession", "the next key did not agree to follow");
    }
    if (signatures === "each")
      must(signatureHolds(entry, crypto, writer.peer), "signature", "the signature does not hold");
    options.onEntry?.(entry);
    grow(seq, leafHash(signed.subarray(SIGNATURE_BYTES), crypto));
    owner = writer;
    last = entry;
    return entry;
  }

  function grow(seq: number, leaf: Uint8Array): void {
    tree.add(leaf);
    for (const { size, root } of checkpoints)
      if (size === seq + 1 && !equalBytes(root, tree.root()))
        throw chainError(seq, "checkpoint", "a checkpoint signs other entries up to it");
  }

  function pass(withheld: Withheld): void {
    if (owner === undefined || last === undefined) throw chainError(0, "genesis", "the first entry is withheld");
    const seq = last.seq + 1;
    if (!withheldHolds(withheld, crypto, owner.peer))
      throw chainError(seq, "signature", "the signature of a withheld entry does not hold");
    grow(seq, withheld.leaf);
    last = { ...last, seq, id: withheld.id, type: "withheld" };
    passed++;
  }

  return {
    next,
    pass,
    get owner() {
      return owner;
    },
    get last() {
      return last;
    },
    get withheld() {
      return passed;
    },
    tree,
  };
}

/**
 * Verifies a whole log. What the source throws passes through, but for ERR_LOG_CHAIN, which is part of the answer.
 * @param verifier at its beginning, made with these options.
 */
export async function verifyLog(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: VerifyOptions,
  verifier: ChainVerifier = createVerifier(options),
): Promise<Verification> {
  const signatures = signaturesLater(options.signatures ?? "each", options.crypto);
  let fault: HearsayError | undefined;
  try {
    for await (const signed of source) {
      const withheld = options.mayWithhold === true ? readWithheld(signed) : undefined;
      if (withheld !== undefined) {
        verifier.pass(withheld);
        continue;
      }
      const entry = verifier.next(signed);
      const busy = signatures.take(entry, (verifier.owner as LogOwner).peer);
      if (busy !== undefined) await busy;
    }
    if (verifier.last === undefined) throw chainError(0, "missing", "the log is empty");
  } catch (error) {
    if (!isHearsayError(error, "ERR_LOG_CHAIN")) throw error;
    fault = error;
  }
  const forged = await signatures.end();
  const good = summary(verifier);
  if (forged !== undefined) {
    const { seq, prev } = forged;
    const firstBad = { seq, reason: "signature", message: `log entry ${seq}: the signature does not hold` } as const;
    if (seq === 0) return { ok: false, entries: 0, firstBad };
    return { ok: false, ...good, entries: seq, head: { seq: seq - 1, id: prev }, ended: false, firstBad };
  }
  if (fault === undefined) return { ok: true, ...good, root: verifier.tree.root() };
  const { seq, reason } = fault.details as { seq: number; reason: ChainReason };
  return { ok: false, ...good, firstBad: { seq, reason, message: fault.message } };
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
  const { peer, task, generation = 0 } = genesis.body;
  return { logId: logIdOf(peer, task, crypto, generation), peer, task, generation };
}

function summary({ owner, last, withheld }: ChainVerifier): Omit<Verification, "ok" | "firstBad" | "root"> {
  if (owner === undefined || last === undefined) return { entries: 0 };
  const { logId, task, generation } = owner;
  const head = { seq: last.seq, id: last.id };
  const peer = peerIdFromPublicKey(owner.peer);
  const entries = { entries: last.seq + 1, ...(withheld > 0 && { withheld }) };
  return { ...entries, logId, peer, task, generation, head, ended: last.type === "end" };
}
