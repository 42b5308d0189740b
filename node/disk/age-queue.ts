/**
 * Which of many files is the oldest, kept in a file: a queue of records of 56 bytes, of which at most 64 are in memory. An index in memory
 * grew a peer that keeps 20,000 files an hour by 1 MiB an hour.
 *
 * The file has lost its name as soon as it is open, so that nothing is left of it when the process ends, in whatever way: whoever opens a
 * queue fills it anew.
 */
import { type FileHandle, open, rm } from "node:fs/promises";

/** A file that is named by a SHA-256. */
export interface AgedFile {
  readonly hash: Uint8Array;
  readonly bytes: number;
  readonly atMs: number;
  /** When it was written, as the file system says. */
  readonly mtimeMs: number;
}

const HASH_BYTES = 32;
const RECORD_BYTES: number = HASH_BYTES + 3 * 8;
/** Records that are read at once. */
const READ_AHEAD = 64;
/** So many bytes of records that are gone may lie in the file, and as many as of those that are left. */
const WASTE_BYTES = 65_536;
const PIECE_BYTES = 65_536;

/**
 * A queue with nothing in it, in a file that is made at `path` and loses its name there. One call at a time.
 * @throws what the system says: a disk that takes nothing says so here.
 */
export async function openAgeQueue(path: string): Promise<AgeQueue> {
  await rm(path, { force: true });
  const file = await open(path, "wx+", 0o600);
  try {
    await rm(path, { force: true });
    await writeAll(file, new Uint8Array(PIECE_BYTES), 0);
  } catch (error) {
    await file.close();
    throw error;
  }
  return new AgeQueue(file);
}

export class AgeQueue {
  readonly #file: FileHandle;
  /** Where the oldest record is in the file, and where the next one goes. */
  #start = 0;
  #end = 0;
  /** What was read, from `#aheadAt` on. */
  #ahead = new Uint8Array();
  #aheadAt = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Adds files, the last of them the newest. @throws what the system says; nothing was added then. */
  async push(files: readonly AgedFile[]): Promise<void> {
    const bytes = encode(files);
    await writeAll(this.#file, bytes, this.#end);
    this.#end += bytes.length;
  }

  async oldest(): Promise<AgedFile | undefined> {
    if (this.#start === this.#end) return undefined;
    if (this.#start >= this.#aheadAt + this.#ahead.length) {
      this.#ahead = await readAll(
        this.#file,
        this.#start,
        Math.min(READ_AHEAD * RECORD_BYTES, this.#end - this.#start),
      );
      this.#aheadAt = this.#start;
    }
    return decode(this.#ahead, this.#start - this.#aheadAt);
  }

  /** Takes the oldest out. */
  async shift(): Promise<void> {
    this.#start = Math.min(this.#end, this.#start + RECORD_BYTES);
    if (this.#start > WASTE_BYTES && this.#start >= this.#end - this.#start) await this.#moveToFront();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** What is left lies behind as many bytes at least: no piece is written over another that is still to be moved. */
  async #moveToFront(): Promise<void> {
    const left = this.#end - this.#start;
    for (let at = 0; at < left; at += PIECE_BYTES)
      await writeAll(this.#file, await readAll(this.#file, this.#start + at, Math.min(PIECE_BYTES, left - at)), at);
    await this.#file.truncate(left);
    this.#ahead = new Uint8Array();
    [this.#start, this.#end, this.#aheadAt] = [0, left, 0];
  }
}

function encode(files: readonly AgedFile[]): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES * files.length);
  const view = new DataView(bytes.buffer);
  for (const [i, { hash, ...numbers }] of files.entries()) {
    const at = RECORD_BYTES * i;
    bytes.set(hash, at);
    view.setFloat64(at + HASH_BYTES, numbers.bytes);
    view.setFloat64(at + HASH_BYTES + 8, numbers.atMs);
    view.setFloat64(at + HASH_BYTES + 16, numbers.mtimeMs);
  }
  return bytes;
}

function decode(bytes: Uint8Array, at: number): AgedFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + HASH_BYTES);
  const hash = bytes.slice(at, at + HASH_BYTES);
  return { hash, bytes: view.getFloat64(0), atMs: view.getFloat64(8), mtimeMs: view.getFloat64(16) };
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

async function readAll(file: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new RangeError(`the file of ages ends at byte ${position + done}: it was cut off`);
    done += bytesRead;
  }
  return bytes;
}
