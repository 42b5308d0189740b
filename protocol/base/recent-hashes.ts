/**
 * A set of hashes of 32 bytes, each under a number, that remembers its newest members: at least half of its capacity, at most all of it.
 *
 * A member takes 16 bytes or less, where a text in a Set takes a hundred. What is kept is 64 bits of the hash, mixed with the number. So two members are taken for one
 * with a chance of 2^-64, and who wants that to happen has to find a hash that has 64 given bits.
 */

export interface RecentHashes {
  /** @param tag 0 .. 2^32 - 1 */
  has(tag: number, hash: Uint8Array): boolean;
  add(tag: number, hash: Uint8Array): void;
}

/** Two generations, of which the older is dropped whole. @param capacity at least 2 */
export function createRecentHashes(capacity: number): RecentHashes {
  return new Generations(capacity);
}

/** A class, as the one below: a process of many peers has two of these for each, and closures would take as much as the hashes do. */
class Generations implements RecentHashes {
  readonly #capacity: number;
  #young: Fingerprints | undefined;
  #old: Fingerprints | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  has(tag: number, hash: Uint8Array): boolean {
    const [high, low] = fingerprint(tag, hash);
    return this.#young?.has(high, low) === true || this.#old?.has(high, low) === true;
  }

  add(tag: number, hash: Uint8Array): void {
    const [high, low] = fingerprint(tag, hash);
    this.#young ??= new Fingerprints();
    this.#young.add(high, low);
    if (2 * this.#young.size < this.#capacity) return;
    this.#old = this.#young;
    this.#young = undefined;
  }
}

/** Odd, and far from powers of two: multiples of it differ in all bits. */
const SPREAD = 0x9e3779b1;

/** Two signed words, never both 0. */
function fingerprint(tag: number, hash: Uint8Array): readonly [number, number] {
  const high = wordAt(hash, 0) ^ Math.imul(tag, SPREAD);
  const low = wordAt(hash, 4) ^ Math.imul(~tag, SPREAD);
  return [high, high === 0 && low === 0 ? 1 : low];
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

const FIRST_SLOTS = 16;
const WORDS = 2;

/** Open addressing with linear probing, at most three quarters full. A slot is two words; a free one is 0, 0. */
class Fingerprints {
  #slots = new Int32Array(WORDS * FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(high: number, low: number): boolean {
    return this.#isAt(this.#find(high, low), high, low);
  }

  add(high: number, low: number): void {
    if (4 * WORDS * (this.#size + 1) > 3 * this.#slots.length) this.#grow();
    if (this.#put(high, low)) this.#size++;
  }

  /** Where a fingerprint is, or where there is room for it. */
  #find(high: number, low: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = (WORDS * low) & mask; ; at = (at + WORDS) & mask) {
      const [there, rest] = [slots[at] as number, slots[at + 1] as number];
      if ((there === high && rest === low) || (there === 0 && rest === 0)) return at;
    }
  }

  #isAt(at: number, high: number, low: number): boolean {
    return this.#slots[at] === high && this.#slots[at + 1] === low;
  }

  #put(high: number, low: number): boolean {
    const at = this.#find(high, low);
    if (this.#isAt(at, high, low)) return false;
    this.#slots[at] = high;
    this.#slots[at + 1] = low;
    return true;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(2 * before.length);
    for (let at = 0; at < before.length; at += WORDS) {
      const [high, low] = [before[at] as number, before[at + 1] as number];
      if (high !== 0 || low !== 0) this.#put(high, low);
    }
  }
}
