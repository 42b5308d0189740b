/**
 * The one source of randomness of the protocol: seeded, forkable, the same bits on every machine.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded by hashing a label with two rounds of MurmurHash3's finaliser.
 * Not for keys, nor for the noise of differential privacy: those need a cryptographic source.
 */
import { log } from "./exp-log.ts";

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
  // the state is kept signed: 32-bit integers need no allocation, numbers above 2^31 would at each call
  let a = hash(label, 0x9e3779b9) | 0;
  let b = hash(label, 0x243f6a88) | 0;
  let c = hash(label, 0xb7e15162) | 0;
  let counter = 1;
  let spare: number | undefined;

  function uint32(): number {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  }

  function below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32)
      throw new RangeError(`bound ${bound} is not in 1 .. 2^32`);
    return bound === 2 ** 32 ? uint32() : belowUnchecked(bound);
  }

  /** Draws again where a value lies in the last, incomplete run of `bound` values below 2^32. */
  function belowUnchecked(bound: number): number {
    for (;;) {
      const value = uint32();
      const rest = value % (bound >>> 0); // of two uint32: an integer division, where others call fmod
      if (value - rest <= 2 ** 32 - bound) return rest;
    }
  }

  function normal(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const x = (2 * (uint32() + 0.5)) / 2 ** 32 - 1;
      const y = (2 * (uint32() + 0.5)) / 2 ** 32 - 1;
      const s = x * x + y * y;
      if (s >= 1) continue;
      const scale = Math.sqrt((-2 * log(s)) / s);
      spare = y * scale;
      return x * scale;
    }
  }

  for (let i = 0; i < 12; i++) uint32(); // sfc32 asks for a few discarded outputs after seeding
  return {
    uint32,
    uniform: () => uint32() / 2 ** 32,
    below,
    normal,
    permutation: (n) => shuffled(n, belowUnchecked),
    fork: (name) => fromLabel(`${label}/${name}`),
  };
}

/** 0 .. n - 1 in an order that `below` draws. */
function shuffled(n: number, below: (bound: number) => number): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 1; i < n; i++) order[i] = i;
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1);
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
  return order;
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
