/**
 * What is known of each of many files that are named by a SHA-256, oldest first, in 60 bytes each. As objects in a Map they took three times that,
 * and an archive of 50,000 files grew the memory of a peer by 4 MB an hour.
 *
 * Records lie in typed arrays, linked to a list in the order of their age. A table of record numbers finds them by hash: open addressing, linear
 * probing, deletion by moving back what follows.
 */
import { equalBytes } from "../../protocol/base/bytes.ts";

export interface FileRecord {
  readonly hash: Uint8Array;
  readonly bytes: number;
  readonly atMs: number;
}

export interface FileIndex {
  readonly size: number;
  has(hash: Uint8Array): boolean;
  get(hash: Uint8Array): FileRecord | undefined;
  /** Makes it the newest, whether it was there or not. `hash`: 32 bytes. */
  set(record: FileRecord): void;
  delete(hash: Uint8Array): boolean;
  oldest(): FileRecord | undefined;
}

const HASH_BYTES = 32;
const FIRST_CAPACITY = 256;
/** Slots of the table for one record: probes stay short. */
const SLOTS_PER_RECORD = 2;
const NONE = -1;
const FREE_SLOT = 0;

interface Arrays {
  readonly hashes: Uint8Array;
  readonly bytes: Float64Array;
  readonly atMs: Float64Array;
  /** Of the list; of free records the next free one. */
  readonly newer: Int32Array;
  readonly older: Int32Array;
  /** Record number + 1, or 0. */
  readonly table: Int32Array;
}

function arraysOf(capacity: number): Arrays {
  return {
    hashes: new Uint8Array(HASH_BYTES * capacity),
    bytes: new Float64Array(capacity),
    atMs: new Float64Array(capacity),
    newer: new Int32Array(capacity),
    older: new Int32Array(capacity),
    table: new Int32Array(SLOTS_PER_RECORD * capacity),
  };
}

export function createFileIndex(): FileIndex {
  return new TypedFileIndex();
}

class TypedFileIndex implements FileIndex {
  size = 0;
  #arrays = arraysOf(FIRST_CAPACITY);
  #oldest = NONE;
  #newest = NONE;
  #free = NONE;
  /** Records from here on were never used. */
  #used = 0;

  has(hash: Uint8Array): boolean {
    return this.#find(hash) !== NONE;
  }

  get(hash: Uint8Array): FileRecord | undefined {
    return this.#record(this.#find(hash));
  }

  oldest(): FileRecord | undefined {
    return this.#record(this.#oldest);
  }

  set({ hash, bytes, atMs }: FileRecord): void {
    this.delete(hash);
    if (this.#free === NONE && this.#used === this.#arrays.bytes.length) this.#grow();
    const at = this.#takeFree();
    const arrays = this.#arrays;
    arrays.hashes.set(hash, HASH_BYTES * at);
    arrays.bytes[at] = bytes;
    arrays.atMs[at] = atMs;
    arrays.newer[at] = NONE;
    arrays.older[at] = this.#newest;
    if (this.#newest === NONE) this.#oldest = at;
    else arrays.newer[this.#newest] = at;
    this.#newest = at;
    arrays.table[this.#slotOf(hash)] = at + 1;
    this.size++;
  }

  delete(hash: Uint8Array): boolean {
    const slot = this.#slotOf(hash);
    const at = (this.#arrays.table[slot] as number) - 1;
    if (at === NONE) return false;
    const { newer, older } = this.#arrays;
    const [next, before] = [newer[at] as number, older[at] as number];
    if (before === NONE) this.#oldest = next;
    else newer[before] = next;
    if (next === NONE) this.#newest = before;
    else older[next] = before;
    newer[at] = this.#free;
    this.#free = at;
    this.#clear(slot);
    this.size--;
    return true;
  }

  #takeFree(): number {
    if (this.#free === NONE) return this.#used++;
    const at = this.#free;
    this.#free = this.#arrays.newer[at] as number;
    return at;
  }

  #record(at: number): FileRecord | undefined {
    if (at === NONE) return undefined;
    const { hashes, bytes, atMs } = this.#arrays;
    const hash = hashes.slice(HASH_BYTES * at, HASH_BYTES * (at + 1));
    return { hash, bytes: bytes[at] as number, atMs: atMs[at] as number };
  }

  #find(hash: Uint8Array): number {
    return (this.#arrays.table[this.#slotOf(hash)] as number) - 1;
  }

  /** Where this hash is in the table, or the free slot where it belongs. */
  #slotOf(hash: Uint8Array): number {
    const { hashes, table } = this.#arrays;
    for (let slot = this.#home(hash); ; slot = (slot + 1) % table.length) {
      const at = (table[slot] as number) - 1;
      if (at === NONE) return slot;
      if (equalBytes(hashes.subarray(HASH_BYTES * at, HASH_BYTES * (at + 1)), hash)) return slot;
    }
  }

  /** The first four bytes of a SHA-256 are as good as any. */
  #home(hash: Uint8Array): number {
    const [a = 0, b = 0, c = 0, d = 0] = hash;
    return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % this.#arrays.table.length;
  }

  /** Frees a slot, and moves back into it what would not be found behind a gap. */
  #clear(slot: number): void {
    const { hashes, table } = this.#arrays;
    let gap = slot;
    for (let next = (gap + 1) % table.length; table[next] !== FREE_SLOT; next = (next + 1) % table.length) {
      const at = (table[next] as number) - 1;
      const home = this.#home(hashes.subarray(HASH_BYTES * at, HASH_BYTES * (at + 1)));
      const stays = gap <= next ? gap < home && home <= next : gap < home || home <= next;
      if (stays) continue;
      table[gap] = at + 1;
      gap = next;
    }
    table[gap] = FREE_SLOT;
  }

  #grow(): void {
    const before = this.#arrays;
    const capacity = 2 * before.bytes.length;
    const arrays = arraysOf(capacity);
    for (const name of ["hashes", "bytes", "atMs", "newer", "older"] as const) arrays[name].set(before[name]);
    this.#arrays = arrays;
    for (let at = this.#oldest; at !== NONE; at = arrays.newer[at] as number)
      arrays.table[this.#slotOf(arrays.hashes.subarray(HASH_BYTES * at, HASH_BYTES * (at + 1)))] = at + 1;
  }
}
