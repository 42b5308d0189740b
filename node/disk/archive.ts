/**
 * The Archive seam on files: what the log names by hash, one file each, for audits (`hearsay log audit`).
 *
 *     bodies/<SHA-256, hexadecimal>      a model body or the bytes of a parameter vector, written aside and renamed, not synced
 *
 * Kept within three bounds (number, bytes, hours), the oldest given up first; what a newer merge names again counts as new. Beyond a
 * budget of bytes a minute whole merges are left out: then an audit proves a sample of them, and the disk of a small machine lasts. The log
 * itself loses nothing. Nothing waits for a write, and no write that fails stops the peer: the owner is told once.
 */
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes, fromHex, keyOf, toHex } from "../../protocol/base/bytes.ts";
import type { Archive, ArchivedBlob, Clock } from "../../protocol/base/seams.ts";
import { nodeCrypto } from "../crypto.ts";
import { createPartReader } from "./archive-parts.ts";
import { asDiskFault } from "./disk-fault.ts";
import { createFileIndex, type FileIndex, type FileRecord } from "./file-index.ts";
import { writeWhole } from "./whole-file.ts";
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
  /** Resolves when nothing is being written; nothing is kept from then on. */
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
const NEW = ".new";

/** An archive while it is open. */
interface State extends ArchiveOptions {
  /** With times of the monotonic clock: a wall clock that is set forward makes nothing old. */
  readonly kept: FileIndex;
  readonly budget: WriteBudget;
  /** Of all files. */
  bytes: number;
  skipped: number;
  /** Sets that wait for the disk, and their bytes. */
  waiting: number;
  waitingBytes: number;
  closed: boolean;
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
    kept: createFileIndex(),
    budget: createWriteBudget(retention.megabytesPerMinute * MEGABYTE, clock),
    bytes: 0,
    skipped: 0,
    waiting: 0,
    waitingBytes: 0,
    closed: false,
    failing: false,
    queue: Promise.resolve(),
  };
  const parts = createPartReader(directory);
  state.queue = scan(state).catch((error) => tell(state, error));
  return {
    put: async (own, inputs = []) => put(state, retention.inputs ? [...own, ...inputs] : own, inputs.length > 0),
    get: async (hash) => (await readArchived(directory, hash)) ?? (await dropped(state, hash)),
    getPart: async (hash, offset, maxBytes) =>
      (await parts.read(hash, offset, maxBytes)) ?? (await dropped(state, hash)),
    summary: () => ({ files: state.kept.size, bytes: state.bytes, skipped: state.skipped }),
    close() {
      state.closed = true;
      return state.queue;
    },
  };
}

/** Takes what an earlier run has left. */
async function scan(state: State): Promise<void> {
  const { directory, clock } = state;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const found: FileRecord[] = [];
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (name.endsWith(NEW)) await rm(path, { force: true });
    const hash = fromHex(name);
    if (hash?.length !== 32) continue;
    const { size, mtimeMs } = await stat(path);
    const ageMs = Math.max(0, clock.now() - mtimeMs);
    found.push({ hash, bytes: size, atMs: clock.monotonicMs() - ageMs });
  }
  for (const file of found.sort((a, b) => a.atMs - b.atMs)) remember(state, file);
  await prune(state);
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
  state.queue = state.queue
    .then(() => keep(state, blobs, isMerge))
    .catch((error) => tell(state, error))
    .finally(() => {
      state.waiting--;
      state.waitingBytes -= size;
    });
  return state.queue;
}

async function keep(state: State, blobs: readonly ArchivedBlob[], isMerge: boolean): Promise<void> {
  const { directory, retention, clock, kept, budget } = state;
  const named = new Map(blobs.map((blob) => [keyOf(blob.hash), blob]));
  const nowMs = clock.monotonicMs();
  const missing = [...named.values()].filter(({ hash }) => {
    const file = kept.get(hash);
    if (file !== undefined) remember(state, { ...file, atMs: nowMs });
    return file === undefined;
  });
  const size = sizeOf(missing);
  if (size > 0 && (!budget.allows(isMerge) || size > retention.megabytes * MEGABYTE)) {
    state.skipped++;
    return;
  }
  budget.spend(size);
  for (const { hash, bytes } of missing) {
    await writeWhole(join(directory, toHex(hash)), bytes, { sync: false });
    remember(state, { hash, bytes: bytes.length, atMs: nowMs });
  }
  state.failing = false;
  await prune(state);
}

function remember(state: State, file: FileRecord): void {
  forget(state, file.hash);
  state.kept.set(file);
  state.bytes += file.bytes;
}

function forget(state: State, hash: Uint8Array): void {
  state.bytes -= state.kept.get(hash)?.bytes ?? 0;
  state.kept.delete(hash);
}

async function prune(state: State): Promise<void> {
  const { kept, retention, clock, directory } = state;
  const { count, megabytes, hours } = retention;
  const sinceMs = clock.monotonicMs() - hours * 3_600_000;
  const isNothing = keepsNothing(retention);
  for (let file = kept.oldest(); file !== undefined; file = kept.oldest()) {
    const isWithin = kept.size <= count && state.bytes <= megabytes * MEGABYTE && file.atMs >= sinceMs;
    if (!isNothing && isWithin) return;
    await rm(join(directory, toHex(file.hash)), { force: true });
    forget(state, file.hash);
  }
}

/** What is gone, or damaged. */
async function dropped(state: State, hash: Uint8Array): Promise<undefined> {
  if (!state.kept.has(hash)) return undefined;
  forget(state, hash);
  await rm(join(state.directory, toHex(hash)), { force: true }).catch((error) => tell(state, error));
  return undefined;
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
