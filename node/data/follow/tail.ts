/**
 * A file that grows, read from where it was read last, also after a restart:
 *
 *     renamed, and another in its place    the old one is read to its end first (also if that happened while nobody looked), then the new one from its start
 *     copied away and truncated            it is shorter, or what lay before the place is no longer there: from its start
 *     gone                                 nothing comes until it is there again
 *
 * The place is an inode, an offset and a hash of the bytes before it.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ByteFeed, FeedLook } from "./byte-feed.ts";

/** Where a file was read to. */
export interface TailPosition {
  readonly inode: number;
  readonly offset: number;
  /** Hash of the bytes before the offset, at most `MARK_BYTES` of them. */
  readonly mark: string;
}

const MARK_BYTES = 64;
const NOTHING: FeedLook = { bytes: Buffer.alloc(0), isFresh: false, isEnd: false };

export class Tail implements ByteFeed {
  readonly name: string;
  #file: FileHandle | undefined;
  #inode = -1;
  #offset = 0;
  #mark = markOf(Buffer.alloc(0));
  #before: Buffer = Buffer.alloc(0);
  /** What the last look read from `#offset` on. */
  #seen: Buffer = Buffer.alloc(0);
  /** Another file has the name, and the old one did not grow since then. */
  #isReplaced = false;
  #past: TailPosition | undefined;

  constructor(path: string, past?: TailPosition) {
    this.name = path;
    this.#past = past;
  }

  async look(maxBytes: number): Promise<FeedLook> {
    if (this.#file === undefined && !(await this.#open())) return NOTHING;
    const file = this.#file as FileHandle;
    const { size } = await file.stat();
    if (size < this.#offset || !(await this.#isWhereItWas(file))) this.#restart();
    const room = Buffer.alloc(Math.min(maxBytes, Math.max(0, size - this.#offset)));
    const { bytesRead } = await file.read(room, 0, room.length, this.#offset);
    this.#seen = room.subarray(0, bytesRead);
    const isFresh = this.#offset === 0;
    if (this.#offset + bytesRead < size) return { bytes: this.#seen, isFresh, isEnd: false };
    const isEnd = await this.#isOver();
    return { bytes: this.#seen, isFresh, isEnd };
  }

  consume(bytes: number): void {
    if (bytes === 0) return;
    this.#before = Buffer.from(Buffer.concat([this.#before, this.#seen.subarray(0, bytes)]).subarray(-MARK_BYTES));
    this.#mark = markOf(this.#before);
    this.#offset += bytes;
    this.#seen = this.#seen.subarray(bytes);
  }

  position(): TailPosition | undefined {
    if (this.#inode < 0) return this.#past;
    return { inode: this.#inode, offset: this.#offset, mark: this.#mark };
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Whoever has read an old file to its end goes on with the one in its place. */
  async next(): Promise<void> {
    await this.close();
    this.#past = undefined;
    this.#isReplaced = false;
    this.#inode = -1;
    this.#restart();
  }

  /** The file that was read before, under whatever name it now has in its folder; else the file of the name. */
  async #open(): Promise<boolean> {
    const past = this.#past;
    const path = past === undefined ? this.name : ((await nameOf(past.inode, this.name)) ?? this.name);
    const file = await open(path, "r").catch(() => undefined);
    if (file === undefined) return false;
    const { ino } = await file.stat();
    this.#file = file;
    this.#inode = ino;
    this.#past = undefined;
    if (past === undefined || past.inode !== ino) return true;
    this.#offset = past.offset;
    this.#mark = past.mark;
    this.#before = await bytesBefore(file, past.offset);
    return true;
  }

  async #isWhereItWas(file: FileHandle): Promise<boolean> {
    return this.#mark === markOf(await bytesBefore(file, this.#offset));
  }

  /** Whether another file has the name, and this one has nothing more to give, at two looks one after the other. */
  async #isOver(): Promise<boolean> {
    const now = await stat(this.name).catch(() => undefined);
    const isReplaced = now !== undefined && now.ino !== this.#inode;
    const wasReplaced = this.#isReplaced;
    this.#isReplaced = isReplaced;
    return isReplaced && wasReplaced;
  }

  #restart(): void {
    this.#offset = 0;
    this.#before = Buffer.alloc(0);
    this.#mark = markOf(this.#before);
  }
}

function markOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 16);
}

async function bytesBefore(file: FileHandle, offset: number): Promise<Buffer> {
  const from = Math.max(0, offset - MARK_BYTES);
  const room = Buffer.alloc(offset - from);
  const { bytesRead } = await file.read(room, 0, room.length, from);
  return room.subarray(0, bytesRead);
}

/** The file with this inode, if it is still in the folder under a name that begins alike, as rotation leaves it. */
async function nameOf(inode: number, path: string): Promise<string | undefined> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(basename(path)) || /\.(?:gz|zst|xz|bz2)$/.test(name)) continue;
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.ino === inode) return join(folder, name);
  }
  return undefined;
}
