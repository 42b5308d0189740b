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
import type { Rng } from "../base/rng.ts";
import type { SecretDraws } from "../base/seams.ts";
import { RATE_ONE } from "../base/spent.ts";
import { normalDeviate } from "./normal.ts";

/** Fills with random bytes that nobody can foresee. */
export type RandomBytes = (to: Uint8Array) => void;

/** Random words that are fetched at once. */
const POOL = 4096;
/** Beyond it a deviate times the deviation would not be a whole number to the unit. */
const MOST_DEVIATION = 2 ** 40;

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
  let pool: Uint32Array<ArrayBuffer> | undefined; // most tasks draw nothing
  let next = POOL;
  const bits = () => {
    pool ??= new Uint32Array(POOL);
    if (next === POOL) {
      fill(new Uint8Array(pool.buffer));
      next = 0;
    }
    const word = pool[next] as number;
    pool[next++] = 0;
    return word;
  };
  return {
    sample(length, rate) {
      if (!Number.isInteger(rate) || rate < 0 || rate > RATE_ONE) throw new RangeError(`a rate of ${rate} / 2^32`);
      const drawn = new Uint32Array(length);
      let count = 0;
      for (let i = 0; i < length; i++) if (bits() < rate) drawn[count++] = i;
      return drawn.subarray(0, count);
    },
    noise(to, deviation) {
      if (!(deviation >= 0 && deviation <= MOST_DEVIATION)) throw new RangeError(`a deviation of ${deviation}`);
      for (let i = 0; i < to.length; i++) to[i] = Math.floor(normalDeviate(bits) * deviation + 0.5);
    },
  };
}

/** Draws of a simulation: from its seed, the same in each run, and no secret. */
export function createSimulatedDraws(rng: Rng): SecretDraws {
  return createSecretDraws((to) => {
    const words = new Uint32Array(to.buffer, to.byteOffset, to.length / 4);
    for (let i = 0; i < words.length; i++) words[i] = rng.uint32();
  });
}
