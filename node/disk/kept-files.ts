/**
 * A directory of files that are named by their SHA-256, and their order of age. What is there, the directory itself says; which is the oldest,
 * a queue on disk. In memory are their number and bytes alone.
 *
 * A file has one record in the queue for each time at which it was the newest. The last of them names its time of writing; the others are passed over.
 */
import type { Stats } from "node:fs";
import { rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { forgetOldest } from "../../protocol/base/bounded.ts";
import { keyOf, toHex } from "../../protocol/base/bytes.ts";
import type { ArchivedBlob, Clock } from "../../protocol/base/seams.ts";
import { type AgedFile, type AgeQueue, openAgeQueue } from "./age-queue.ts";
import { ASIDE, agesIn } from "./file-ages.ts";
import { writeWhole } from "./whole-file.ts";
import { makeDirectory } from "./write-fault.ts";

type Times = Pick<Clock, "now" | "monotonicMs">;

/** What is named again within this time stays as new as it was. */
const RENEW_AFTER_MS = 10_000;
/** Times of writing that differ by less are one: a file system may round them to two seconds. */
const ROUNDING_MS = 4_000;
/** Files that were dropped, and whose record is still to come. */
const MAX_DROPPED = 1000;
/** Records that are written at once when a directory is looked through. */
const BATCH = 256;

/** Looks through a directory, which is made where it is missing. @throws what the system says. */
export async function openKeptFiles(directory: string, clock: Times): Promise<KeptFiles> {
  await makeDirectory(directory, 0o700);
  const queue = await openAgeQueue(join(directory, `ages${ASIDE}`));
  const kept = new KeptFiles(directory, clock, queue);
  try {
    let batch: AgedFile[] = [];
    for await (const file of agesIn(directory, clock)) {
      if (batch.push(file) < BATCH) continue;
      await kept.count(batch);
      batch = [];
    }
    await kept.count(batch);
    return kept;
  } catch (error) {
    await kept.close();
    throw error;
  }
}

/** One call at a time. */
export class KeptFiles {
  /** How many there are. */
  files = 0;
  /** Of all of them. */
  bytes = 0;
  /** Somebody else has changed so much here that records do not lead to the files any more: look through the directory again. */
  isAstray = false;
  readonly #directory: string;
  readonly #clock: Times;
  readonly #queue: AgeQueue;
  readonly #dropped = new Set<string>();

  constructor(directory: string, clock: Times, queue: AgeQueue) {
    this.#directory = directory;
    this.#clock = clock;
    this.#queue = queue;
  }

  /** Takes over files that are there, each newer than all others. @throws what the system says; none was taken then. */
  async count(files: readonly AgedFile[]): Promise<void> {
    await this.#queue.push(files);
    this.files += files.length;
    for (const { bytes } of files) this.bytes += bytes;
  }

  /** Makes the newest of those that are there. @returns those that are not. @throws what the system says. */
  async renew(blobs: readonly ArchivedBlob[]): Promise<ArchivedBlob[]> {
    const missing: ArchivedBlob[] = [];
    for (const blob of blobs) {
      const file = await this.#find(blob.hash);
      if (file === undefined) missing.push(blob);
      else if (Math.abs(this.#clock.now() - file.mtimeMs) >= RENEW_AFTER_MS) await this.#renew(blob.hash);
    }
    return missing;
  }

  /** Writes files that are not there. @throws what the system says; those that were written before it are kept. */
  async add(blobs: readonly ArchivedBlob[]): Promise<void> {
    for (const { hash, bytes } of blobs) {
      const path = this.#pathOf(hash);
      await writeWhole(path, bytes, { sync: false });
      try {
        await this.count([await this.#aged(hash)]);
      } catch (error) {
        await rm(path, { force: true }); // without a record it would stay for ever
        throw error;
      }
    }
  }

  /** Removes the oldest as long as it is too much. @throws what the system says. */
  async prune(isTooMuch: (oldest: AgedFile) => boolean): Promise<void> {
    for (;;) {
      const oldest = await this.#queue.oldest();
      if (oldest === undefined) this.isAstray = this.files > 0;
      if (oldest === undefined || !isTooMuch(oldest)) return;
      await this.#giveUp(oldest);
      await this.#queue.shift();
    }
  }

  /** Removes a file that is of no use. @throws what the system says. */
  async drop(hash: Uint8Array): Promise<void> {
    const file = await this.#find(hash);
    if (file === undefined) return;
    await rm(this.#pathOf(hash), { force: true });
    this.#forget(file.size);
    this.#dropped.add(keyOf(hash));
    forgetOldest(this.#dropped, MAX_DROPPED);
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #renew(hash: Uint8Array): Promise<void> {
    const wall = new Date(this.#clock.now());
    await utimes(this.#pathOf(hash), wall, wall);
    try {
      await this.#queue.push([await this.#aged(hash)]);
    } catch (error) {
      await this.drop(hash); // its record leads nowhere
      throw error;
    }
  }

  /** What a record leads to goes, unless it was renewed since, or went before. */
  async #giveUp({ hash, bytes, mtimeMs }: AgedFile): Promise<void> {
    const file = await this.#find(hash);
    const wasDropped = file === undefined && this.#dropped.delete(keyOf(hash));
    const isNewer = file !== undefined && Math.abs(file.mtimeMs - mtimeMs) >= ROUNDING_MS;
    if (wasDropped || isNewer) return;
    await rm(this.#pathOf(hash), { force: true });
    this.#forget(bytes);
  }

  #forget(bytes: number): void {
    this.files = Math.max(0, this.files - 1);
    this.bytes = this.files === 0 ? 0 : Math.max(0, this.bytes - bytes);
  }

  async #aged(hash: Uint8Array): Promise<AgedFile> {
    const { size, mtimeMs } = await stat(this.#pathOf(hash));
    return { hash, bytes: size, atMs: this.#clock.monotonicMs(), mtimeMs };
  }

  /** Undefined for what cannot be looked at, too. */
  #find(hash: Uint8Array): Promise<Stats | undefined> {
    return stat(this.#pathOf(hash)).catch(() => undefined);
  }

  #pathOf(hash: Uint8Array): string {
    return join(this.#directory, toHex(hash));
  }
}
