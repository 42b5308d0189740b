/**
 * A peer's own log on its own store: opened after it has been verified (`stored.ts`), appended to durably and in order.
 *
 * An append is one atomic, synced batch: the entries, the head, the tiles of the tree that they complete, a checkpoint where one is due, and
 * whatever state the caller changes with them. Appends that are called while a batch is being written go together into the next one (group
 * commit), and are signed meanwhile. Nothing is visible before its batch is on disk, so a crash never takes back what others have been told; and a batch that failed
 * closes the log, since whether it reached the disk is unknown: continuing could put two entries in one place, a fork
 * that convicts this peer. Opening it again finds out.
 *
 * Head and checkpoint show that entries at the end were lost. They do not show that all of it was taken back, e.g. by
 * restoring a backup: only others' memory of a later state can. Such a log is left as it is, for a new generation (`startGeneration`).
 */
import { equalBytes, utf8 } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import type { Clock, Crypto, Identity, Store, StoreChange } from "../../base/seams.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import { MINUTE_MS, wholeMinutes } from "../../wire/values.ts";
import type { EntryType, Statement } from "../entry/bodies.ts";
import { chainError } from "../entry/chain-error.ts";
import { createEntry, type Entry, logIdOf } from "../entry/entry.ts";
import { type Checkpoint, checkpointSignature, formatCheckpoint, type SignedCheckpoint } from "../tree/checkpoint.ts";
import { consistencyProof, inclusionProof, leafHash, type NodeAt, rootAt } from "../tree/merkle.ts";
import { createTree, nodesOf, rememberTiles, type TileAt, type Tree } from "../tree/tiles.ts";
import { type Link, type LogHead, NO_ENTRY } from "../verify/verify.ts";
import { createGroupCommit } from "./group-commit.ts";
import { entriesBetween, tileReader } from "./reading.ts";
import {
  CURRENT_KEY,
  currentRecord,
  encodeCheckpoint,
  encodeCurrent,
  encodeHead,
  keysOf,
  type LogKeys,
  NAMESPACE,
  type StoredCheckpoint,
} from "./records.ts";
import { readForOpening } from "./stored.ts";

export interface LogOptions {
  readonly store: Store;
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly clock: Clock;
  /** SHA-256 of the task manifest. */
  readonly taskId: Uint8Array;
  /** Software that the genesis names, e.g. `hearsay/0.1.0`. */
  readonly agent: string;
  /** What a log begins with where the store has none, but there is a past elsewhere: of a key that came from a backup, or of the key before. */
  readonly first?: { readonly generation: number; readonly after: Uint8Array };
}

/** What a caller appends; the genesis is the log's own. */
export type Draft = Statement<Exclude<EntryType, "genesis">>;

/** How others see the log. Every append that publishes makes one, of the entries up to its own last `publish`; so do 64 entries, and 10 minutes. */
export interface LogState extends Checkpoint {
  readonly generation: number;
  /** The writer's signature of this checkpoint (64 bytes). */
  readonly signature: Uint8Array;
}

export interface Log {
  readonly logId: Uint8Array;
  /** See `GenesisBody.generation`. */
  readonly generation: number;
  /** The last entry on disk; `size` is the number of entries. */
  head(): LogHead & { readonly size: number };
  /**
   * Appends entries, and applies the changes `also` (no keys under `log/`) in the same batch, in the order of the calls. When
   * the promise resolves all of it is on disk.
   * @throws TypeError for a draft outside the format, with nothing written.
   * @throws HearsayError ERR_LOG_CLOSED after a failed write, this one or an earlier one: open the store again.
   */
  append(drafts: readonly Draft[], also?: readonly StoreChange[]): Promise<Entry[]>;
  /**
   * The entries from `from` (default 0) to the head of this moment.
   * @throws HearsayError ERR_LOG_CHAIN where the store has lost or damaged one since it was opened.
   */
  entries(from?: number): AsyncIterable<Entry>;
  /** The newest signed checkpoint: of all entries where the last append published. On disk, as the entries are. */
  state(): LogState;
  /** The root over the first `size` entries. @throws RangeError beyond the head. */
  rootAt(size: number): Promise<Uint8Array>;
  /** Proof that entry `seq` is in the tree of the first `size` (log/tree/merkle.ts). Cheap for the last entry of the newest checkpoint. */
  inclusionProof(seq: number, size: number): Promise<readonly Uint8Array[]>;
  /** Proof that the tree of the first `size` entries begins with that of the first `old`. */
  consistencyProof(old: number, size: number): Promise<readonly Uint8Array[]>;
  /** The newest checkpoint that others cosigned, with their lines; undefined before there is one. */
  cosigned(): SignedCheckpoint | undefined;
  /** Keeps a checkpoint with its cosignatures in place of the one before; on disk when the promise resolves. */
  keepCosigned(checkpoint: SignedCheckpoint): Promise<void>;
  /**
   * Leaves the log as it is and goes on with a new one, of this generation: others know entries that this store has not, the newest of
   * them `after` (left out: the last one here). What is appended from now on goes to the new log, and once its first entry is on disk
   * everything here is about it.
   * @throws RangeError for a generation that is not above this one.
   */
  startGeneration(generation: number, after?: Uint8Array): Promise<void>;
}

/** A checkpoint is signed when so many entries are in none, or so much time has passed. */
const CHECKPOINT_ENTRIES = 64;
const CHECKPOINT_MS = 10 * MINUTE_MS;
/** 4 KiB each: those that proofs of the last 4,000 entries look at. */
const TILES_REMEMBERED = 64;
/** Entries in one batch, at least where one append has more. */
const MAX_GROUP = 256;

/** A log that is appended to. */
interface Target {
  readonly generation: number;
  readonly logId: Uint8Array;
  readonly keys: LogKeys;
  /** Ahead of what is shown while leaves are being written. */
  readonly tree: Tree;
  /** Tiles on disk. */
  readonly stored: TileAt;
  /** The last entry that was made, written or not. */
  last: Place | undefined;
  cosigned: SignedCheckpoint | undefined;
}

/** What is on disk, for others to see. */
interface Shown {
  readonly log: Target;
  readonly newest: Place;
  readonly state: StoredCheckpoint;
}

/** All that the next entry needs of the last: its body is not kept in memory. */
type Place = Pick<Link, "seq" | "id" | "tsMs" | "type">;

/** What one call appends. */
interface Addition {
  readonly log: Target;
  readonly entries: readonly Entry[];
  readonly also: readonly StoreChange[];
}

/**
 * Opens the log of (identity, task) in a store, and writes its genesis where the store has none. Verified first are the whole of it,
 * about 0.15 ms an entry, or the last 4,096 entries of a long one.
 * @throws HearsayError ERR_LOG_CHAIN with details {seq, reason} of the first entry that does not hold.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { store, crypto, identity, clock, taskId, agent } = options;
  /** Tiles that are not on disk yet. */
  const fresh = new Map<string, Uint8Array>();
  let signedMs = clock.monotonicMs();
  let shown = await firstShown();
  let target = shown.log;
  const commit = createGroupCommit<Addition>({
    write: writeGroup,
    sizeOf: ({ entries }) => entries.length,
    maxSize: MAX_GROUP,
    sharesBatch: (first, { log }) => log === first.log,
  });

  async function firstShown(): Promise<Shown> {
    const { generation, begin } = await currentRecord(store);
    const found = await readForOpening(store, { crypto, peer: identity.peerId, task: taskId, generation });
    if (found === undefined) {
      if (generation > 0 && begin === undefined) throw chainError(0, "missing", "the current generation is lost");
      const first = begin === undefined ? options.first : { generation, after: begin.after ?? undefined };
      const log = targetOf(first?.generation ?? 0, createTree(crypto));
      const { changes, ...made } = prepare(log, [genesisOf(log, first?.after)]);
      await store.write([...changes, ...currentChanges(log)]);
      return made;
    }
    const { last, tree, checkpoint, cosigned, mended } = found;
    const newest = placeOf(last);
    const log = { ...targetOf(generation, tree), last: newest, cosigned };
    const state = checkpoint ?? sign(log);
    const changes = [...mended];
    if (checkpoint === undefined) changes.push({ key: log.keys.checkpoint, value: encodeCheckpoint(state) });
    if (changes.length > 0) await store.write(changes);
    return { log, newest, state };
  }

  function targetOf(generation: number, tree: Tree): Target {
    const keys = keysOf(generation);
    tree.onTile = ({ level, index, hashes }) => fresh.set(keys.tile(level, index), hashes);
    const logId = logIdOf(identity.publicKey, taskId, crypto, generation);
    const stored = rememberTiles(tileReader(store, keys, crypto), TILES_REMEMBERED);
    return { generation, logId, keys, tree, stored, last: undefined, cosigned: undefined };
  }

  /** The first entry of a log, after which others can be made. */
  function genesisOf(log: Target, after: Uint8Array | undefined): Entry {
    const { generation } = log;
    const more = { ...(generation > 0 && { generation }), ...(after && { after }) };
    const body = { task: taskId, peer: identity.publicKey, agent, ...more };
    const genesis = entryAfter(log, undefined, { type: "genesis", body });
    log.last = placeOf(genesis);
    return genesis;
  }

  function entryAfter({ logId }: Target, before: Place | undefined, statement: Statement): Entry {
    const seq = before === undefined ? 0 : before.seq + 1;
    const tsMs = Math.max(before?.tsMs ?? 0, wholeMinutes(clock.now()));
    return createEntry({ logId, seq, prev: before?.id ?? NO_ENTRY, tsMs, ...statement }, identity, crypto);
  }

  function sign({ logId, tree }: Target): StoredCheckpoint {
    const [size, root] = [tree.size, tree.root()];
    signedMs = clock.monotonicMs();
    return { size, root, signature: checkpointSignature({ logId, size, root }, identity) };
  }

  /** Takes entries into the tree; all that goes to disk with them, and what can be shown then. */
  function prepare(log: Target, entries: readonly Entry[], before?: Shown): Shown & { changes: StoreChange[] } {
    const { keys, tree } = log;
    const changes: StoreChange[] = [];
    const published = entries.findLast(({ type }) => type === "publish");
    let state = before?.state;
    for (const entry of entries) {
      tree.add(leafHash(entry.signed.subarray(SIGNATURE_BYTES), crypto));
      changes.push({ key: keys.entry(entry.seq), value: entry.signed });
      if (entry === published) state = sign(log);
    }
    if (state === undefined || isDue(state, tree)) state = sign(log);
    if (state !== before?.state) changes.push({ key: keys.checkpoint, value: encodeCheckpoint(state) });
    for (const [key, value] of fresh) changes.push({ key, value });
    const last = entries.at(-1);
    if (last !== undefined) changes.push({ key: keys.head, value: encodeHead(last) });
    return { log, newest: last === undefined ? (before as Shown).newest : placeOf(last), state, changes };
  }

  function isDue({ size }: StoredCheckpoint, tree: Tree): boolean {
    return (
      tree.size - size >= CHECKPOINT_ENTRIES || (tree.size > size && clock.monotonicMs() - signedMs >= CHECKPOINT_MS)
    );
  }

  /** Entries are made while others are written: signing them takes as long as writing them. */
  async function add(log: Target, entries: Entry[], also: readonly StoreChange[]): Promise<Entry[]> {
    const last = entries.at(-1);
    if (last !== undefined) log.last = placeOf(last);
    await commit.add({ log, entries, also }).catch((cause: unknown) => {
      throw closed(cause);
    });
    return entries;
  }

  async function writeGroup(group: readonly Addition[]): Promise<void> {
    const [{ log }] = group as readonly [Addition];
    const entries = group.flatMap((addition) => addition.entries);
    const { changes, ...next } = prepare(log, entries, log === shown.log ? shown : undefined);
    await store.write([...group.flatMap(({ also }) => also), ...changes]);
    fresh.clear();
    shown = next;
  }

  function requireOpen(): void {
    if (commit.failure !== undefined) throw closed(commit.failure.cause);
    if (target.last?.type === "end") throw ended();
  }

  function requireSize(size: number): void {
    const { seq } = shown.newest;
    if (!(size <= seq + 1)) throw new RangeError(`the log has ${seq + 1} entries, not ${size}`);
  }

  /** Finds the nodes of the tree: in memory, about to be written, or stored. */
  function nodes(): NodeAt {
    const { keys, tree, stored } = shown.log;
    return nodesOf(tree, async (level, index) => fresh.get(keys.tile(level, index)) ?? stored(level, index));
  }

  return {
    get logId() {
      return shown.log.logId;
    },
    get generation() {
      return shown.log.generation;
    },
    head: () => ({ seq: shown.newest.seq, id: shown.newest.id, size: shown.newest.seq + 1 }),
    async append(drafts, also = []) {
      requireOpen();
      const taken = also.find(({ key }) => key.startsWith(NAMESPACE));
      if (taken !== undefined) throw new TypeError(`the key ${taken.key} belongs to the log`);
      const entries: Entry[] = [];
      for (const draft of drafts) {
        if (entries.at(-1)?.type === "end") throw new TypeError("nothing comes after an end");
        entries.push(entryAfter(target, entries.at(-1) ?? target.last, draft));
      }
      return add(target, entries, also);
    },
    entries: (from = 0) => entriesBetween(store, shown.log.keys, crypto, from, shown.newest.seq),
    state: () => ({ generation: shown.log.generation, logId: shown.log.logId, ...shown.state }),
    async rootAt(size) {
      requireSize(size);
      return size === shown.state.size ? shown.state.root : rootAt(size, nodes(), crypto);
    },
    async inclusionProof(seq, size) {
      requireSize(size);
      return inclusionProof(seq, size, nodes(), crypto);
    },
    async consistencyProof(old, size) {
      requireSize(size);
      return consistencyProof(old, size, nodes(), crypto);
    },
    cosigned: () => shown.log.cosigned,
    async keepCosigned(checkpoint) {
      const { log } = shown;
      if (!equalBytes(checkpoint.logId, log.logId)) return;
      await store.write([{ key: log.keys.cosigned, value: utf8(formatCheckpoint(checkpoint)) }]);
      log.cosigned = checkpoint;
    },
    async startGeneration(generation, after) {
      requireOpen();
      if (!(generation > target.generation)) throw new RangeError(`generation ${target.generation} goes on already`);
      const next = targetOf(generation, createTree(crypto));
      const genesis = genesisOf(next, after ?? target.last?.id);
      target = next;
      await add(next, [genesis], currentChanges(next));
    },
  };
}

/** What makes a log the current one. */
function currentChanges({ generation }: Target): StoreChange[] {
  return generation === 0 ? [] : [{ key: CURRENT_KEY, value: encodeCurrent({ generation }) }];
}

function placeOf({ seq, id, tsMs, type }: Place): Place {
  return { seq, id, tsMs, type };
}

function closed(cause: unknown): HearsayError {
  const why = cause instanceof Error ? cause.message : "open the store again";
  return new HearsayError("ERR_LOG_CLOSED", `a write to the log failed: ${why}`, {}, cause);
}

function ended(): HearsayError {
  return new HearsayError("ERR_LOG_CLOSED", "this log has ended: its key signs nothing more about the task", {
    reason: "ended",
  });
}
