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
import type { Mutable } from "../../base/immutable.ts";
import type { StoreChange } from "../../base/seams.ts";
import type { EntryType, Statement } from "../entry/bodies.ts";
import type { Entry } from "../entry/entry.ts";
import { type Checkpoint, formatCheckpoint, type SignedCheckpoint } from "../tree/checkpoint.ts";
import { growthProof } from "../tree/growth.ts";
import { consistencyProof, inclusionProof, rootAt } from "../tree/merkle.ts";
import { createTree } from "../tree/tiles.ts";
import type { LogHead } from "../verify/verifier.ts";
import { createGroupCommit, type GroupCommit } from "./group-commit.ts";
import { type FirstLog, openShown } from "./opening.ts";
import { entriesBetween } from "./reading.ts";
import { currentChanges, NAMESPACE } from "./records.ts";
import {
  createTarget,
  entryAfter,
  type LogWriter,
  makeGenesis,
  nodesIn,
  placeOf,
  prepare,
  type Shown,
  type Target,
} from "./target.ts";

export interface LogOptions extends LogWriter {
  /** Left out where the key has no past elsewhere. */
  readonly first?: FirstLog;
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
  /** How the tree grew from its first `from` entries to the first `to`, for a peer that knows the frontier of the former (log/tree/growth.ts). */
  growthProof(from: number, to: number): Promise<readonly Uint8Array[]>;
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

/** Entries in one batch, at least where one append has more. */
const MAX_GROUP = 256;

/** What one call appends. */
interface Addition {
  readonly log: Target;
  readonly entries: readonly Entry[];
  readonly also: readonly StoreChange[];
}

/** What the functions of this file share. */
interface Chain {
  readonly writer: LogWriter;
  readonly commit: GroupCommit<Addition>;
  /** What the next entry goes to. */
  target: Target;
  shown: Shown;
  /** Called when another generation is shown. */
  named(log: Target): void;
}

/**
 * Opens the log of (identity, task) in a store, and writes its genesis where the store has none. Verified first are the whole of it,
 * about 0.15 ms an entry, or the last 4,096 entries of a long one.
 * @throws HearsayError ERR_LOG_CHAIN with details {seq, reason} of the first entry that does not hold.
 */
export async function openLog({ first, ...writer }: LogOptions): Promise<Log> {
  const shown = await openShown(writer, first);
  const commit = createGroupCommit<Addition>({
    write: (group) => writeGroup(chain, group),
    sizeOf: ({ entries }) => entries.length,
    maxSize: MAX_GROUP,
    sharesBatch: (first, { log }) => log === first.log,
  });
  const chain: Chain = { writer, commit, target: shown.log, shown, named: () => {} };
  return logOf(chain);
}

function logOf(chain: Chain): Log {
  const { store, crypto } = chain.writer;
  const nodes = () => nodesIn(chain.shown.log);
  const { logId, generation } = chain.shown.log;
  const log: Mutable<Log> = {
    logId,
    generation,
    head: () => ({ seq: chain.shown.newest.seq, id: chain.shown.newest.id, size: chain.shown.newest.seq + 1 }),
    append: async (drafts, also = []) => append(chain, drafts, also),
    entries: (from = 0) => entriesBetween(store, chain.shown.log.keys, crypto, from, chain.shown.newest.seq),
    state: () => ({ generation: chain.shown.log.generation, logId: chain.shown.log.logId, ...chain.shown.state }),
    async rootAt(size) {
      requireSize(chain, size);
      const { state } = chain.shown;
      return size === state.size ? state.root : rootAt(size, nodes(), crypto);
    },
    async inclusionProof(seq, size) {
      requireSize(chain, size);
      return inclusionProof(seq, size, nodes(), crypto);
    },
    async consistencyProof(old, size) {
      requireSize(chain, size);
      return consistencyProof(old, size, nodes(), crypto);
    },
    async growthProof(from, to) {
      requireSize(chain, to);
      return growthProof(from, to, nodes());
    },
    cosigned: () => chain.shown.log.cosigned,
    keepCosigned: (checkpoint) => keepCosigned(chain, checkpoint),
    startGeneration: (generation, after) => startGeneration(chain, generation, after),
  };
  // Fields, no getters: of an object that has some, V8 makes a hash table of 0.8 KiB.
  chain.named = (shown) => {
    log.logId = shown.logId;
    log.generation = shown.generation;
  };
  return log;
}

function append(chain: Chain, drafts: readonly Draft[], also: readonly StoreChange[]): Promise<Entry[]> {
  const { target, writer } = chain;
  requireOpen(chain);
  const taken = also.find(({ key }) => key.startsWith(NAMESPACE));
  if (taken !== undefined) throw new TypeError(`the key ${taken.key} belongs to the log`);
  const entries: Entry[] = [];
  for (const draft of drafts) {
    if (entries.at(-1)?.type === "end") throw new TypeError("nothing comes after an end");
    entries.push(entryAfter(writer, target, entries.at(-1) ?? target.last, draft));
  }
  return add(chain, target, entries, also);
}

/** Entries are made while others are written: signing them takes as long as writing them. */
async function add(chain: Chain, log: Target, entries: Entry[], also: readonly StoreChange[]): Promise<Entry[]> {
  const last = entries.at(-1);
  if (last !== undefined) log.last = placeOf(last);
  await chain.commit.add({ log, entries, also }).catch((cause: unknown) => {
    throw closed(cause);
  });
  return entries;
}

async function writeGroup(chain: Chain, group: readonly Addition[]): Promise<void> {
  const { writer, shown } = chain;
  const [{ log }] = group as readonly [Addition];
  const entries = group.flatMap((addition) => addition.entries);
  const { changes, ...next } = prepare(writer, log, entries, log === shown.log ? shown : undefined);
  await writer.store.write([...group.flatMap(({ also }) => also), ...changes]);
  log.fresh.clear();
  chain.shown = next;
  chain.named(log);
}

async function keepCosigned({ writer, shown: { log } }: Chain, checkpoint: SignedCheckpoint): Promise<void> {
  if (!equalBytes(checkpoint.logId, log.logId)) return;
  await writer.store.write([{ key: log.keys.cosigned, value: utf8(formatCheckpoint(checkpoint)) }]);
  log.cosigned = checkpoint;
}

async function startGeneration(chain: Chain, generation: number, after: Uint8Array | undefined): Promise<void> {
  const { writer, target } = chain;
  requireOpen(chain);
  if (!(generation > target.generation)) throw new RangeError(`generation ${target.generation} goes on already`);
  const next = createTarget(writer, generation, createTree(writer.crypto));
  const genesis = makeGenesis(writer, next, after ?? target.last?.id);
  chain.target = next;
  await add(chain, next, [genesis], currentChanges(generation));
}

function requireOpen({ commit, target }: Chain): void {
  if (commit.failure !== undefined) throw closed(commit.failure.cause);
  if (target.last?.type === "end") throw ended();
}

function requireSize({ shown }: Chain, size: number): void {
  const { seq } = shown.newest;
  if (!(size <= seq + 1)) throw new RangeError(`the log has ${seq + 1} entries, not ${size}`);
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
