/**
 * Stochastic rounding of parameters to whole levels, which an audit can repeat: chance is a function of what is rounded.
 *
 *     lanes      4 words of 32 bits, from 0; word k takes the bits w of the parameters k, k + 4, k + 8, ... in turn: lane = (lane ^ w) * 01000193
 *     seed       seed = mix(lane_0), then seed = mix(seed ^ lane_k) for k = 1, 2, 3
 *     chance     u_i = mix(seed + i * 9e3779b9) / 2^32 + 1/2, the mixed word read as a signed number: in [0, 1)
 *     level      floor(x_i / scale + u_i), at least -most, at most most; 0 where x_i / scale is no number
 *
 * All words are computed modulo 2^32. Divisions and sums are float64. `mix` is the last step of MurmurHash3 (Appleby 2011, public domain). The mean of a level over all seeds is
 * x_i / scale, so that errors of many peers, and of many publications of one, cancel out. They would not where every peer rounds to the nearest level.
 */

/** What a codec needs of the rounding. Two implementations give the same bits: this file, and rounding-kernel.ts. */
export interface Rounding {
  /** The seed that a vector gives. */
  seedOf(params: Float32Array): number;
  /** The largest |x| of `params[from .. to)`; NaN where one is NaN. */
  largest(params: Float32Array, from: number, to: number): number;
  /** Writes the levels of `params[from .. to)` to the same places of `levels`. */
  round(params: Float32Array, levels: Int8Array, block: Block): void;
}

/** Parameters that share a scale. */
export interface Block {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  /** The largest level. */
  readonly most: number;
  readonly seed: number;
}

export const LANES = 4;
export const FOLD = 0x01000193;
export const STEP = 0x9e3779b9;
export const MIX: readonly [first: number, second: number] = [0x85ebca6b, 0xc2b2ae35];

/** The plain reference. */
export const plainRounding: Rounding = {
  seedOf(params) {
    const words = new Int32Array(params.buffer, params.byteOffset, params.length);
    const lanes = new Int32Array(LANES);
    for (const [i, word] of words.entries()) lanes[i % LANES] = Math.imul((lanes[i % LANES] as number) ^ word, FOLD);
    return seedFrom(lanes);
  },
  largest(params, from, to) {
    let most = 0;
    for (let i = from; i < to; i++) most = Math.max(most, Math.abs(params[i] as number));
    return most;
  },
  round(params, levels, { from, to, scale, most, seed }) {
    for (let i = from; i < to; i++) {
      const chance = mix((seed + Math.imul(i, STEP)) | 0) / 2 ** 32 + 0.5;
      const level = Math.floor((params[i] as number) / scale + chance);
      levels[i] = Math.max(-most, Math.min(most, level)); // NaN is stored as 0
    }
  },
};

/** @param lanes what the parameters folded to. */
export function seedFrom(lanes: Int32Array): number {
  return lanes.reduce((seed, lane, k) => mix(k === 0 ? lane : seed ^ lane), 0);
}

function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, MIX[0]);
  h ^= h >>> 13;
  h = Math.imul(h, MIX[1]);
  return h ^ (h >>> 16);
}
