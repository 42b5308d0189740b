/**
 * Parameters as whole numbers that can be summed under masks: everything happens modulo 2^32, so the sum of all members has to fit into a signed word.
 *
 *     step = 2 clip / (2^bits - 1);   word = round(x / step), clipped to +-(2^(bits - 1) - 1), two's complement;   members * 2^(bits - 1) < 2^31
 */

export interface Grid {
  /** Largest value that is kept as it is; what is beyond is moved to it. */
  readonly clip: number;
  /** Bits of one member's word. */
  readonly bits: number;
}

/**
 * The grid of every cohort. A word has 32 bits on the wire anyway, so nothing is gained by a coarser one and nobody has to guess a range: 28 bits leave room for
 * the sum of 8 members, +-64 is beyond any weight of a model that learns on normalised data, and the error of a member is at most 2.4e-7.
 */
export const COHORT_GRID: Grid = { clip: 64, bits: 28 };

/**
 * A vector on the grid.
 * @param members whose words will be summed.
 * @throws RangeError where the sum of so many does not fit, or a value is not finite.
 * @example
 * import { quantise } from "hearsay/protocol/cohort/quantise";
 * quantise(Float32Array.of(0, 1, -1, 9), { clip: 1, bits: 4 }, 3); // -> [0, 7, 4294967289, 7]
 */
export function quantise(params: Float32Array, grid: Grid, members: number): Uint32Array {
  const { step, most } = scaleOf(grid, members);
  const words = new Uint32Array(params.length);
  for (let i = 0; i < params.length; i++) {
    const x = params[i] as number;
    if (!Number.isFinite(x)) throw new RangeError(`parameter ${i} is ${x}; only finite ones can be summed`);
    words[i] = Math.max(-most, Math.min(most, Math.round(x / step)));
  }
  return words;
}

/**
 * The mean of so many vectors, from the sum of their words. A value is off by at most half a step, and what float32 rounds.
 * @throws RangeError as `quantise`.
 * @example
 * import { meanOf, quantise } from "hearsay/protocol/cohort/quantise";
 * const grid = { clip: 1, bits: 20 };
 * meanOf(quantise(Float32Array.of(0, 0.5), grid, 1), grid, 1).map((x) => Math.round(1000 * x) / 1000); // -> [0, 0.5]
 */
export function meanOf(sum: Uint32Array, grid: Grid, members: number): Float32Array {
  const { step } = scaleOf(grid, members);
  const mean = new Float32Array(sum.length);
  for (let i = 0; i < sum.length; i++) mean[i] = (((sum[i] as number) | 0) * step) / members;
  return mean;
}

function scaleOf({ clip, bits }: Grid, members: number): { readonly step: number; readonly most: number } {
  const half = 1 << (bits - 1);
  if (!Number.isInteger(members) || members < 1 || half < 1 || members * half >= 2 ** 31)
    throw new RangeError(`words of ${bits} bits of ${members} members do not fit into 32; take fewer of either`);
  return { step: (2 * clip) / (2 * half - 1), most: half - 1 };
}
