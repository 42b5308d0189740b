/**
 * The secret chance of a private training, from random bytes: `node/` gives those of the operating system's generator, a simulation
 * those of a seed.
 *
 * Noise in floating point betrays what it hides: the last bits of a sum tell which deviate was added (Mironov, On Significance of the Least
 * Significant Bits for Differential Privacy, CCS 2012). So no deviate of floating point is ever added to anything. What is to be hidden is
 * rounded to a grid first (learn/private-steps.ts), so that it is a whole number of its steps; a deviate is rounded to a whole
 * number too, and the sum of whole numbers is exact. What comes out is the Gaussian mechanism on that grid, rounded to it: rounding is done
 * afterwards, with what is public, and costs nothing. It is what Google's Secure Noise Generation (2020) does, with rounded in place of discrete deviates
 * (Canonne, Kamath, Steinke 2020). A step of the grid is some 10^-5 of the deviation, so that the 53 bits of a deviate
 * leave 2^30 of them on each whole number within six deviations.
 */

import type { SecretDraws } from "../base/learning-seams.ts";
import type { Rng } from "../base/rng.ts";
import { RATE_ONE } from "../base/spent.ts";
import { type Bits, roundedDeviates } from "./normal.ts";

/** Fills with random bytes that nobody can foresee. */
export type RandomBytes = (to: Uint8Array) => void;

/** Random words that are fetched at once, and deviates. */
const POOL = 1024;
const BLOCK = 8192;
/** Beyond it a deviate times the deviation would not be a whole number to the unit. */
const MOST_DEVIATION = 2 ** 40;

/** Words of one call, erased at its end: it serves all. Most processes draw nothing. */
let tries: Int32Array<ArrayBuffer> | undefined;
/** Rows of one call. */
let rows = new Uint32Array(0);

/**
 * Draws from random bytes, each used once and erased.
 * @example
 * import { createSecretDraws } from "hearsay/protocol/privacy/draws";
 * const draws = createSecretDraws((bytes) => globalThis.crypto.getRandomValues(bytes));
 * draws.sample(3, 2 ** 32); // -> [0, 1, 2]
 * draws.sample(3, 0); // -> []
 * const noise = new Float64Array(100);
 * draws.noise(noise, 1000);
 * noise.every(Number.isInteger) && noise.some((n) => n !== 0); // -> true
 */
export function createSecretDraws(fill: RandomBytes): SecretDraws {
  const bits = bitsOf(fill);
  return {
    sample(length, rate) {
      if (!Number.isInteger(rate) || rate < 0 || rate > RATE_ONE) throw new RangeError(`a rate of ${rate} / 2^32`);
      return drawRows(length, rate, bits);
    },
    noise(to, deviation) {
      if (!(deviation >= 0 && deviation <= MOST_DEVIATION)) throw new RangeError(`a deviation of ${deviation}`);
      tries ??= new Int32Array(2 * BLOCK);
      for (let done = 0; done < to.length; done += BLOCK) {
        const used = tries.subarray(0, 2 * Math.min(BLOCK, to.length - done));
        fill(new Uint8Array(used.buffer, 0, used.byteLength));
        roundedDeviates(to.subarray(done), used, deviation, bits);
        used.fill(0);
      }
    },
  };
}

function bitsOf(fill: RandomBytes): Bits {
  let pool: Int32Array<ArrayBuffer> | undefined;
  let next = POOL;
  return () => {
    pool ??= new Int32Array(POOL);
    if (next === POOL) {
      fill(new Uint8Array(pool.buffer));
      next = 0;
    }
    const word = pool[next] as number;
    pool[next++] = 0;
    return word;
  };
}

/** Each of `length` rows with the chance rate / 2^32, in order. */
function drawRows(length: number, rate: number, bits: Bits): Uint32Array {
  if (rows.length < length) rows = new Uint32Array(length);
  const drawn = rows;
  let count = 0;
  for (let from = 0; from < length; from += 32) {
    let hits = hitsOf(rate, bits);
    if (length - from < 32) hits &= (1 << (length - from)) - 1;
    for (; hits !== 0; hits &= hits - 1) drawn[count++] = from + 31 - Math.clz32(hits & -hits);
  }
  const found = drawn.slice(0, count);
  drawn.fill(0, 0, count);
  return found;
}

/**
 * 32 coins at once, a bit each: whether a number of 32 random bits is less than the rate. Of all 32 numbers one bit is drawn at a time, from the highest on; as soon
 * as it differs from that of the rate, the number is decided. So seven words decide 32 rows, and the chance is exactly that of whole numbers.
 */
function hitsOf(rate: number, bits: Bits): number {
  if (rate === RATE_ONE) return -1;
  let hits = 0;
  let open = -1;
  for (let place = 31; place >= 0 && open !== 0; place--) {
    const word = bits();
    if ((rate >>> place) % 2 === 1) {
      hits |= open & ~word;
      open &= word;
    } else open &= ~word;
  }
  return hits;
}

/** Draws of a simulation: from its seed, the same in each run, and no secret. */
export function createSimulatedDraws(rng: Rng): SecretDraws {
  return createSecretDraws((to) => {
    const words = new Uint32Array(to.buffer, to.byteOffset, to.length / 4);
    for (let i = 0; i < words.length; i++) words[i] = rng.uint32();
  });
}
