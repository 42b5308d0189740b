/**
 * The Archive seam on files: what the log names by hash, one file each, for audits (`hearsay log audit`).
 *
 *     bodies/<SHA-256, hexadecimal>      a model body or the bytes of a parameter vector, written aside and renamed, not synced
 *
 * Kept within three bounds (number, bytes, hours), the oldest given up first; what a newer merge names again counts as new. Beyond a
 * budget of bytes a minute whole merges are left out: then an audit proves a sample of them, and the disk of a small machine lasts. The log
 * itself loses nothing. Nothing waits for a write, and no write that fails stops the peer: the owner is told once.
 *
 * However many files there are, they take no memory (`kept-files.ts`).
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes, keyOf, toHex } from "../../protocol/base/bytes.ts";
import type { Archive, ArchivedBlob, Clock } from "../../protocol/base/seams.ts";
import { nodeCrypto } from "../crypto.ts";
import { createPartReader } from "./archive-parts.ts";
import { asDiskFault } from "./disk-fault.ts";
import { type KeptFiles, openKeptFiles } from "./kept-files.ts";
import { createWriteBudget, type WriteBudget } from "./write-budget.ts";

/** How much of the past is kept, as the settings `retention` have it; 0 in any of the first four keeps nothing. */
export interface Retention {
  readonly count: number;
  readonly megabytes: number;
  readonly hours: number;
  /** Mean of what is written. 16 minutes' worth may be written at once, and one merge of any size whenever something is left. */
  readonly megabytesPerMinute: number;
  /** Whether the bodies that others made are kept too; without them an auditor asks their authors. */
  readonly inputs: boolean;
}

export interface ArchiveSummary {
  readonly files: number;
  readonly bytes: number;
  /** Merges and bodies that were not kept: the budget was spent, or the disk too slow. */
  readonly skipped: number;
}

export interface FileArchive extends Archive {
  summary(): ArchiveSummary;
  /** Resolves when nothing is being written; nothing is kept from then on. What waits for the disk is written for a second, and then given up. */
  close(): Promise<void>;
}

export interface ArchiveOptions {
  readonly directory: string;
  readonly retention: Retention;
  readonly clock: Clock;
  /** One sentence for the user. */
  readonly warn?: (message: string) => void;
}

const MEGABYTE = 1e6;
/** Sets that may wait for the disk whatever their size; each holds its bodies in memory. */
const MAX_WAITING = 3;
/** More may wait while all together are no larger than this: of a small model none is lost to a disk that is slow for a while. */
const MAX_WAITING_BYTES = 8 * MEGABYTE;

/** A peer that ends waits no longer for what its disk has not taken yet; the rest of the time that closing has (start-parts.ts) is for the set under way. */
const LAST_MS = 1_000;

/** An archive while it is open. */
interface State extends ArchiveOptions {
  readonly budget: WriteBudget;
  /** Undefined where the directory could not be looked through; that is tried again at the next set. */
  kept: KeptFiles | undefined;
  skipped: number;
  /** Sets that wait for the disk, and their bytes. */
  waiting: number;
  waitingBytes: number;
  closed: boolean;
  /** By the monotonic clock: no set that waits is begun any more. */
  endsMs: number;
  /** The owner was told of a failure, and nothing has been written since. */
  failing: boolean;
  /** Resolves when all that waits is written. */
  queue: Promise<void>;
}

/** The archive of a state directory; what is there already is looked through in the background. */
export function openArchive(options: ArchiveOptions): FileArchive {
  const { directory, retention, clock } = options;
  const state: State = {
    ...options,
    kept: undefined,
    budget: createWriteBudget(retention.megabytesPerMinute * MEGABYTE, clock),
    skipped: 0,
    waiting: 0,
    waitingBytes: 0,
    closed: false,
    endsMs: Number.POSITIVE_INFINITY,
    failing: false,
    queue: Promise.resolve(),
  };
  const parts = createPartReader(directory);
  state.queue = keptIn(state)
    .then((kept) => prune(state, kept))
    .catch((error) => tell(state, error));
  return {
    put: async (own, inputs = []) => put(state, retention.inputs ? [...own, ...inputs] : own, inputs.length > 0),
    get: async (hash) => (await readArchived(directory, hash)) ?? (await dropDamaged(state, hash)),
    getPart: async (hash, offset, maxBytes) =>
      (await parts.read(hash, offset, maxBytes)) ?? (await dropDamaged(state, hash)),
    summary: () => ({ files: state.kept?.files ?? 0, bytes: state.kept?.bytes ?? 0, skipped: state.skipped }),
    async close() {
      state.closed = true;
      state.endsMs = clock.monotonicMs() + LAST_MS;
      await inTurn(state, async () => state.kept?.close());
    },
  };
}

/** What is there already is looked through. */
async function keptIn(state: State): Promise<KeptFiles> {
  state.kept ??= await openKeptFiles(state.directory, state.clock);
  return state.kept;
}

/** Does something when all that waits is written; what fails is told. */
function inTurn(state: State, action: () => Promise<void>): Promise<void> {
  state.queue = state.queue.then(action).catch((error) => tell(state, error));
  return state.queue;
}

/** Lets a set wait for the disk, unless too much waits already. */
async function put(state: State, blobs: readonly ArchivedBlob[], isMerge: boolean): Promise<void> {
  if (keepsNothing(state.retention) || state.closed) return;
  const size = sizeOf(blobs);
  if (state.waiting >= MAX_WAITING && state.waitingBytes + size > MAX_WAITING_BYTES) {
    state.skipped++;
    return;
  }
  state.waiting++;
  state.waitingBytes += size;
  await inTurn(state, () => keep(state, blobs, isMerge));
  state.waiting--;
  state.waitingBytes -= size;
}

async function keep(state: State, blobs: readonly ArchivedBlob[], isMerge: boolean): Promise<void> {
  const { retention, budget, clock } = state;
  if (clock.monotonicMs() >= state.endsMs) {
    state.skipped++;
    return;
  }
  const kept = await keptIn(state);
  const named = new Map(blobs.map((blob) => [keyOf(blob.hash), blob]));
  const missing = await kept.renew([...named.values()]);
  const size = sizeOf(missing);
  if (size > 0 && (!budget.allows(isMerge) || size > retention.megabytes * MEGABYTE)) {
    state.skipped++;
    return;
  }
  budget.spend(size);
  await kept.add(missing);
  state.failing = false;
  await prune(state, kept);
}

async function prune(state: State, kept: KeptFiles): Promise<void> {
  const { retention, clock } = state;
  const { count, megabytes, hours } = retention;
  const sinceMs = clock.monotonicMs() - hours * 3_600_000;
  const isNothing = keepsNothing(retention);
  await kept.prune(
    ({ atMs }) => isNothing || kept.files > count || kept.bytes > megabytes * MEGABYTE || atMs < sinceMs,
  );
  if (!kept.isAstray) return;
  state.kept = undefined;
  await kept.close();
}

/** A file that is there is damaged. It may have been written anew meanwhile, so it is read once more. */
async function dropDamaged(state: State, hash: Uint8Array): Promise<undefined> {
  if (!existsSync(join(state.directory, toHex(hash)))) return;
  await inTurn(state, async () => {
    if ((await readArchived(state.directory, hash)) === undefined) await state.kept?.drop(hash);
  });
}

function tell(state: State, error: unknown): void {
  const { failing, warn, directory } = state;
  if (!failing) warn?.(`bodies for audits cannot be kept in ${directory}: ${(asDiskFault(error) as Error).message}`);
  state.failing = true;
}

function keepsNothing({ count, megabytes, hours, megabytesPerMinute }: Retention): boolean {
  return count === 0 || megabytes === 0 || hours === 0 || megabytesPerMinute === 0;
}

function sizeOf(blobs: readonly ArchivedBlob[]): number {
  return blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Reads from the archive of a state directory, of a running peer too; undefined for what is not there, or damaged. */
export async function readArchived(directory: string, hash: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const content = new Uint8Array(await readFile(join(directory, toHex(hash))));
    return equalBytes(nodeCrypto.sha256(content), hash) ? content : undefined;
  } catch {
    return undefined;
  }
}
