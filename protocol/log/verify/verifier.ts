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
 * start, the command line and an exported file use the same code (verify.ts).
 */
import { equalBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Crypto, PeerId } from "../../base/seams.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import type { Statement } from "../entry/bodies.ts";
import { type ChainReason, chainError } from "../entry/chain-error.ts";
import { type Entry, logIdOf, readEntry, signatureHolds } from "../entry/entry.ts";
import { successionHolds } from "../entry/succession.ts";
import { type Withheld, withheldHolds } from "../export/withheld.ts";
import type { Checkpoint } from "../tree/checkpoint.ts";
import { leafHash } from "../tree/merkle.ts";
import { createTree, type Tree } from "../tree/tiles.ts";
import type { Signatures } from "./signatures.ts";

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
  /** `each` (left out: this), `last` (verify.ts: then "signature" says that nothing vouches for the log), or a checker's work. */
  readonly signatures?: Signatures;
  /** Whether entries may be withheld, as in a redacted export; a store has all of them. */
  readonly mayWithhold?: boolean;
  /** Sees every entry once it has been verified, but for its signature where that comes later; may throw `chainError`. */
  readonly onEntry?: (entry: Entry) => void;
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

/** A verifier on its way. */
interface Progress {
  readonly options: VerifyOptions;
  readonly tree: Tree;
  owner: LogOwner | undefined;
  last: Link | undefined;
  withheld: number;
}

/** @param tree that of the entries so far; it grows with them. */
export function createVerifier(
  options: VerifyOptions,
  tree: Tree = createTree(options.crypto),
  before?: VerifiedPart,
): ChainVerifier {
  const progress: Progress = { options, tree, owner: before?.owner, last: before?.last, withheld: 0 };
  return {
    next: (signed) => next(progress, signed),
    pass: (withheld) => pass(progress, withheld),
    get owner() {
      return progress.owner;
    },
    get last() {
      return progress.last;
    },
    get withheld() {
      return progress.withheld;
    },
    tree,
  };
}

/** Throws a chain error about an entry unless the claim holds. */
type Must = (holds: boolean, reason: ChainReason, message: string) => void;

function next(progress: Progress, signed: Uint8Array): Entry {
  const { options, owner, last } = progress;
  const { crypto, signatures = "each" } = options;
  const seq = last === undefined ? 0 : last.seq + 1;
  const must: Must = (holds, reason, message) => {
    if (!holds) throw chainError(seq, reason, message);
  };
  const entry = read(signed, seq, crypto);
  must((entry.type === "genesis") === (seq === 0), "genesis", "the genesis is the first entry and no other");
  const writer = owner ?? ownerOf(entry as Entry & Statement<"genesis">, crypto);
  if (owner === undefined) requireExpected(writer, options, must);
  must(equalBytes(entry.logId, writer.logId), "log-id", "the entry belongs to another log");
  requireSuccessor(entry, last, seq, must);
  if (entry.type === "end") {
    const ending = { logId: entry.logId, publicKey: writer.peer };
    must(successionHolds(entry.body, ending, crypto), "succession", "the next key did not agree to follow");
  }
  if (signatures === "each")
    must(signatureHolds(entry, crypto, writer.peer), "signature", "the signature does not hold");
  options.onEntry?.(entry);
  grow(progress, seq, leafHash(signed.subarray(SIGNATURE_BYTES), crypto));
  progress.owner = writer;
  progress.last = entry;
  return entry;
}

/** The log is the one that the caller asks for. */
function requireExpected(writer: LogOwner, { peer, task, generation }: VerifyOptions, must: Must): void {
  must(peer === undefined || peerIdFromPublicKey(writer.peer) === peer, "peer", "the log is another peer's");
  must(task === undefined || equalBytes(writer.task, task), "task", "the log is about another task");
  must(generation === undefined || writer.generation === generation, "generation", "the log is another generation");
}

/** The entry follows the last one. */
function requireSuccessor(entry: Entry, last: Link | undefined, seq: number, must: Must): void {
  must(entry.seq === seq, "seq", `entry ${entry.seq} stands in its place`);
  must(equalBytes(entry.prev, last?.id ?? NO_ENTRY), "prev", "it does not follow the entry before it");
  must(last === undefined || entry.tsMs >= last.tsMs, "time", "it is older than the entry before it");
  const isNoOlder = last === undefined || entry.version >= last.version;
  must(isNoOlder, "version", "it is of an older version than the entry before it");
  must(last?.type !== "end", "ended", "the entry before it ended the log");
}

function grow({ options, tree }: Progress, seq: number, leaf: Uint8Array): void {
  tree.add(leaf);
  for (const { size, root } of options.checkpoints ?? [])
    if (size === seq + 1 && !equalBytes(root, tree.root()))
      throw chainError(seq, "checkpoint", "a checkpoint signs other entries up to it");
}

function pass(progress: Progress, withheld: Withheld): void {
  const { options, owner, last } = progress;
  if (owner === undefined || last === undefined) throw chainError(0, "genesis", "the first entry is withheld");
  const seq = last.seq + 1;
  if (!withheldHolds(withheld, options.crypto, owner.peer))
    throw chainError(seq, "signature", "the signature of a withheld entry does not hold");
  grow(progress, seq, withheld.leaf);
  progress.last = { ...last, seq, id: withheld.id, type: "withheld" };
  progress.withheld++;
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
