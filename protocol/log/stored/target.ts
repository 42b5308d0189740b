/**
 * One log that is appended to: what its next entry and its next checkpoint need, and what an append changes in the store. Nothing is written
 * here; what `prepare` returns is written as one batch, and then shown to others.
 */
import type { Clock, Crypto, Identity, Store, StoreChange } from "../../base/seams.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import { MINUTE_MS, wholeMinutes } from "../../wire/values.ts";
import type { Statement } from "../entry/bodies.ts";
import { createEntry, type Entry, logIdOf } from "../entry/entry.ts";
import { checkpointSignature, type SignedCheckpoint } from "../tree/checkpoint.ts";
import { leafHash, type NodeAt } from "../tree/merkle.ts";
import { nodesOf, rememberTiles, type TileAt, type Tree } from "../tree/tiles.ts";
import { type Link, NO_ENTRY } from "../verify/verifier.ts";
import { tileReader } from "./reading.ts";
import { encodeCheckpoint, encodeHead, keysOf, type LogKeys, type StoredCheckpoint } from "./records.ts";

/** Who writes, and about what. */
export interface LogWriter {
  readonly store: Store;
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly clock: Clock;
  /** SHA-256 of the task manifest. */
  readonly taskId: Uint8Array;
  /** Software that the genesis names, e.g. `hearsay/0.1.0`. */
  readonly agent: string;
}

/** A log that is appended to. */
export interface Target {
  readonly generation: number;
  readonly logId: Uint8Array;
  readonly keys: LogKeys;
  /** Ahead of what is shown while leaves are being written. */
  readonly tree: Tree;
  /** Tiles on disk. */
  readonly stored: TileAt;
  /** Tiles that are not on disk yet, by key. */
  readonly fresh: Map<string, Uint8Array>;
  /** The last entry that was made, written or not. */
  last: Place | undefined;
  /** When the newest checkpoint was signed, or the log opened. */
  signedMs: number;
  cosigned: SignedCheckpoint | undefined;
}

/** What is on disk, for others to see. */
export interface Shown {
  readonly log: Target;
  readonly newest: Place;
  readonly state: StoredCheckpoint;
}

/** All that the next entry needs of the last: its body is not kept in memory. */
export type Place = Pick<Link, "seq" | "id" | "tsMs" | "type">;

/** A checkpoint is signed when so many entries are in none, or so much time has passed. */
const CHECKPOINT_ENTRIES = 64;
const CHECKPOINT_MS = 10 * MINUTE_MS;
/** 4 KiB each: those that proofs of the last 4,000 entries look at. */
const TILES_REMEMBERED = 64;

/** @param tree over the entries that are on disk. */
export function createTarget(writer: LogWriter, generation: number, tree: Tree): Target {
  const { store, identity, crypto, clock, taskId } = writer;
  const keys = keysOf(generation);
  const fresh = new Map<string, Uint8Array>();
  tree.onTile = ({ level, index, hashes }) => fresh.set(keys.tile(level, index), hashes);
  const logId = logIdOf(identity.publicKey, taskId, crypto, generation);
  const stored = rememberTiles(tileReader(store, keys, crypto), TILES_REMEMBERED);
  const signedMs = clock.monotonicMs();
  return { generation, logId, keys, tree, stored, fresh, last: undefined, signedMs, cosigned: undefined };
}

/** The first entry of a log, after which others can be made. @param after the newest entry known of the log before. */
export function makeGenesis(writer: LogWriter, log: Target, after: Uint8Array | undefined): Entry {
  const { generation } = log;
  const more = { ...(generation > 0 && { generation }), ...(after && { after }) };
  const body = { task: writer.taskId, peer: writer.identity.publicKey, agent: writer.agent, ...more };
  const genesis = entryAfter(writer, log, undefined, { type: "genesis", body });
  log.last = placeOf(genesis);
  return genesis;
}

/** The entry with this statement that follows another, or begins the log. */
export function entryAfter(
  { identity, crypto, clock }: LogWriter,
  { logId }: Target,
  before: Place | undefined,
  statement: Statement,
): Entry {
  const seq = before === undefined ? 0 : before.seq + 1;
  const tsMs = Math.max(before?.tsMs ?? 0, wholeMinutes(clock.now()));
  return createEntry({ logId, seq, prev: before?.id ?? NO_ENTRY, tsMs, ...statement }, identity, crypto);
}

/** A checkpoint of all entries in the tree. */
export function signState({ identity, clock }: LogWriter, log: Target): StoredCheckpoint {
  const [size, root] = [log.tree.size, log.tree.root()];
  log.signedMs = clock.monotonicMs();
  return { size, root, signature: checkpointSignature({ logId: log.logId, size, root }, identity) };
}

/** Takes entries into the tree; all that goes to disk with them, and what can be shown then. */
export function prepare(
  writer: LogWriter,
  log: Target,
  entries: readonly Entry[],
  before?: Shown,
): Shown & { changes: StoreChange[] } {
  const { keys, tree } = log;
  const changes: StoreChange[] = [];
  const published = entries.findLast(({ type }) => type === "publish");
  let state = before?.state;
  for (const entry of entries) {
    tree.add(leafHash(entry.signed.subarray(SIGNATURE_BYTES), writer.crypto));
    changes.push({ key: keys.entry(entry.seq), value: entry.signed });
    if (entry === published) state = signState(writer, log);
  }
  if (state === undefined || isDue(writer, state, log)) state = signState(writer, log);
  if (state !== before?.state) changes.push({ key: keys.checkpoint, value: encodeCheckpoint(state) });
  for (const [key, value] of log.fresh) changes.push({ key, value });
  const last = entries.at(-1);
  if (last !== undefined) changes.push({ key: keys.head, value: encodeHead(last) });
  return { log, newest: last === undefined ? (before as Shown).newest : placeOf(last), state, changes };
}

function isDue({ clock }: LogWriter, { size }: StoredCheckpoint, { tree, signedMs }: Target): boolean {
  if (tree.size - size >= CHECKPOINT_ENTRIES) return true;
  return tree.size > size && clock.monotonicMs() - signedMs >= CHECKPOINT_MS;
}

/** Finds the nodes of the tree: in memory, about to be written, or stored. */
export function nodesIn({ keys, tree, stored, fresh }: Target): NodeAt {
  return nodesOf(tree, async (level, index) => fresh.get(keys.tile(level, index)) ?? stored(level, index));
}

export function placeOf({ seq, id, tsMs, type }: Place): Place {
  return { seq, id, tsMs, type };
}
