/**
 * The one source of randomness of the protocol: seeded, forkable, the same bits on every machine.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded by hashing a label with two rounds of MurmurHash3's finaliser.
 * Not for keys, nor for the noise of differential privacy: those need a cryptographic source.
 */
import { log } from "./exp-log.ts";

/** Its functions are called on it: `() => rng.normal()`, not `rng.normal`. */
export interface Rng {
  /** A 32-bit unsigned integer. */
  uint32(): number;
  /** Uniform on [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** A uniform integer in [0, bound), unbiased. Throws RangeError unless 1 <= bound <= 2^32. */
  below(bound: number): number;
  /** Standard normal deviate (Marsaglia's polar method). */
  normal(): number;
  /** The indices 0 .. n-1 in random order (Fisher-Yates). */
  permutation(n: number): Uint32Array;
  /** An independent stream named by `label`; does not advance this one. */
  fork(label: string | number): Rng;
}

/** A generator from any seed text or number. */
export function createRng(seed: string | number): Rng {
  return fromLabel(String(seed));
}

function fromLabel(label: string): Rng {
  return new Sfc32(label);
}

/** A class: a peer holds several, and closures would take 0.6 KiB for each. */
class Sfc32 implements Rng {
  readonly #label: string;
  // the state is kept signed: 32-bit integers need no allocation, numbers above 2^31 would at each call
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spare: number | undefined;

  constructor(label: string) {
    this.#label = label;
    this.#a = hash(label, 0x9e3779b9) | 0;
    this.#b = hash(label, 0x243f6a88) | 0;
    this.#c = hash(label, 0xb7e15162) | 0;
    for (let i = 0; i < 12; i++) this.uint32(); // sfc32 asks for a few discarded outputs after seeding
  }

  uint32(): number {
    const [b, c] = [this.#b, this.#c];
    const out = (this.#a + b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = b ^ (b >>> 9);
    this.#b = (c + (c << 3)) | 0;
    this.#c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  }

  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32)
      throw new RangeError(`bound ${bound} is not in 1 .. 2^32`);
    return bound === 2 ** 32 ? this.uint32() : this.#belowUnchecked(bound);
  }

  /** Draws again where a value lies in the last, incomplete run of `bound` values below 2^32. */
  #belowUnchecked(bound: number): number {
    for (;;) {
      const value = this.uint32();
      const rest = value % (bound >>> 0); // of two uint32: an integer division, where others call fmod
      if (value - rest <= 2 ** 32 - bound) return rest;
    }
  }

  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    for (;;) {
      const x = (2 * (this.uint32() + 0.5)) / 2 ** 32 - 1;
      const y = (2 * (this.uint32() + 0.5)) / 2 ** 32 - 1;
      const s = x * x + y * y;
      if (s >= 1) continue;
      const scale = Math.sqrt((-2 * log(s)) / s);
      this.#spare = y * scale;
      return x * scale;
    }
  }

  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 1; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = this.#belowUnchecked(i + 1);
      const held = order[i] as number;
      order[i] = order[j] as number;
      order[j] = held;
    }
    return order;
  }

  fork(name: string | number): Rng {
    return fromLabel(`${this.#label}/${name}`);
  }
}

function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x85ebca6b);
    h ^= h >>> 13;
  }
  h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
