/**
 * The Archive seam on files: what the log names by hash, one file each, for audits (`hearsay log audit`).
 *
 *     bodies/<SHA-256, hexadecimal>      a model body or the bytes of a parameter vector, written aside and renamed, not synced
 *
 * Kept within three bounds (number, bytes, hours), the oldest given up first; what a newer merge names again counts as new. Beyond a
 * budget of bytes a minute whole merges are left out: then an audit proves a sample of them, and the disk of a small machine lasts. The log
 * itself loses nothing. Nobody waits for a write, and no failure of one stops the peer: the owner is told once.
 */
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes, fromHex, keyOf, toHex } from "../../protocol/base/bytes.ts";
import type { Archive, ArchivedBlob, Clock } from "../../protocol/base/seams.ts";
import { nodeCrypto } from "../crypto.ts";
import { createPartReader } from "./archive-parts.ts";
import { asDiskFault } from "./disk-fault.ts";
import { createFileIndex, type FileRecord } from "./file-index.ts";
import { writeWhole } from "./whole-file.ts";

/** How much of the past is kept; 0 in any of the first four keeps nothing. */
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
/** Minutes of the budget that may be saved up. */
const BURST_MINUTES = 16;
/** Sets that may wait for the disk whatever their size; each holds its bodies in memory. */
const MAX_WAITING = 3;
/** More may wait while all together are no larger than this: of a small model none is lost to a disk that is slow for a while. */
const MAX_WAITING_BYTES = 8 * MEGABYTE;
const NEW = ".new";

/** The archive of a state directory; what is there already is looked through in the background. */
export function openArchive({ directory, retention, clock, warn }: ArchiveOptions): FileArchive {
  const { count, megabytes, hours, megabytesPerMinute, inputs: keepsInputs } = retention;
  const maxBytes = megabytes * MEGABYTE;
  const bytesPerMs = (megabytesPerMinute * MEGABYTE) / 60_000;
  const maxBudget = bytesPerMs * 60_000 * BURST_MINUTES;
  const keepsNothing = count === 0 || megabytes === 0 || hours === 0 || megabytesPerMinute === 0;
  /** With times of the monotonic clock: a wall clock that is set forward makes nothing old. */
  const kept = createFileIndex();
  let bytes = 0;
  let skipped = 0;
  let budget = maxBudget;
  let refilledMs = clock.monotonicMs();
  let waiting = 0;
  let waitingBytes = 0;
  let closed = false;
  let failing = false;
  const parts = createPartReader(directory);
  let queue: Promise<void> = scan().catch(tell);

  async function scan(): Promise<void> {
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
    for (const file of found.sort((a, b) => a.atMs - b.atMs)) remember(file);
    await prune();
  }

  function remember(file: FileRecord): void {
    forget(file.hash);
    kept.set(file);
    bytes += file.bytes;
  }

  function forget(hash: Uint8Array): void {
    bytes -= kept.get(hash)?.bytes ?? 0;
    kept.delete(hash);
  }

  async function prune(): Promise<void> {
    const sinceMs = clock.monotonicMs() - hours * 3_600_000;
    for (let file = kept.oldest(); file !== undefined; file = kept.oldest()) {
      if (!keepsNothing && kept.size <= count && bytes <= maxBytes && file.atMs >= sinceMs) return;
      await rm(join(directory, toHex(file.hash)), { force: true });
      forget(file.hash);
    }
  }

  async function keep(blobs: readonly ArchivedBlob[], isMerge: boolean): Promise<void> {
    const named = new Map(blobs.map((blob) => [keyOf(blob.hash), blob]));
    const nowMs = clock.monotonicMs();
    const missing = [...named.values()].filter(({ hash }) => {
      const file = kept.get(hash);
      if (file !== undefined) remember({ ...file, atMs: nowMs });
      return file === undefined;
    });
    const size = missing.reduce((sum, blob) => sum + blob.bytes.length, 0);
    if (size > 0 && !afford(size, isMerge)) {
      skipped++;
      return;
    }
    for (const { hash, bytes: content } of missing) {
      await writeWhole(join(directory, toHex(hash)), content, { sync: false });
      remember({ hash, bytes: content.length, atMs: nowMs });
    }
    failing = false;
    await prune();
  }

  /**
   * Whether so much may be written now; it may leave a debt, so that large merges are kept now and then instead of never. Half of what can
   * be saved up is for merges alone: else each publication would take what the merge after it needs.
   */
  function afford(size: number, isMerge: boolean): boolean {
    const nowMs = clock.monotonicMs();
    const earned = Math.max(0, nowMs - refilledMs) * bytesPerMs;
    refilledMs = nowMs;
    budget = Math.min(maxBudget, budget + earned);
    if (budget <= (isMerge ? 0 : maxBudget / 2) || size > maxBytes) return false;
    budget -= size;
    return true;
  }

  /** What is gone, or damaged. */
  async function dropped(hash: Uint8Array): Promise<undefined> {
    if (!kept.has(hash)) return undefined;
    forget(hash);
    await rm(join(directory, toHex(hash)), { force: true }).catch(tell);
    return undefined;
  }

  function tell(error: unknown): void {
    if (!failing) warn?.(`bodies for audits cannot be kept in ${directory}: ${(asDiskFault(error) as Error).message}`);
    failing = true;
  }

  return {
    async put(own, inputs = []) {
      if (keepsNothing || closed) return;
      const blobs = keepsInputs ? [...own, ...inputs] : own;
      const size = blobs.reduce((sum, blob) => sum + blob.bytes.length, 0);
      if (waiting >= MAX_WAITING && waitingBytes + size > MAX_WAITING_BYTES) {
        skipped++;
        return;
      }
      waiting++;
      waitingBytes += size;
      queue = queue
        .then(() => keep(blobs, inputs.length > 0))
        .catch(tell)
        .finally(() => {
          waiting--;
          waitingBytes -= size;
        });
      return queue;
    },
    get: async (hash) => (await readArchived(directory, hash)) ?? (await dropped(hash)),
    getPart: async (hash, offset, maxBytes) => (await parts.read(hash, offset, maxBytes)) ?? (await dropped(hash)),
    summary: () => ({ files: kept.size, bytes, skipped }),
    close() {
      closed = true;
      return queue;
    },
  };
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
