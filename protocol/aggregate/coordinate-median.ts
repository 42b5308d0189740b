/**
 * The weighted median, of one column of numbers and of many vectors coordinate by coordinate.
 *
 *     sort by value; c_t = w_(1) + .. + w_(t); W = c_n
 *     lower = first value with c_t >= W / 2;  upper = first value with c_t > W / 2;  median = (lower + upper) / 2
 *
 * Breakdown point 1/2 of the weight: while the liars hold less than W / 2, every result lies between two honest values of
 * that coordinate. Weights are compared as integers (half-weight.ts), so exactly. By a kernel where the host has SIMD; the plain
 * way, an insertion sort of each column, gives the same bits.
 */

import { halfWeight, wholeWeights } from "./half-weight.ts";
import { medianKernel } from "./kernels/median-kernel.ts";
import { CHUNK, forgetRows, GROUP, kernelsServe, loadRows, TILE, takeResult } from "./kernels/workspace.ts";

/** Shorter vectors are done before a kernel has been called. */
const KERNEL_LENGTH = 32;

/**
 * A function that takes the weighted median of n numbers. The weights are given once, because all coordinates share them.
 *
 * `tolerance` (a share of W) makes sums of fractional weights that differ from W / 2 by rounding count as a tie; 0 is exact
 * for integers. Not re-entrant: the function owns its scratch memory. O(n^2) time, O(n) memory.
 */
export function createWeightedMedian(
  weights: ArrayLike<number>,
  tolerance: number = 0,
): (values: ArrayLike<number>) => number {
  const n = weights.length;
  const { weights: given, lowerAbove, upperAbove } = halfWeight(wholeWeights(weights), tolerance);
  const sorted = new Float64Array(n);
  const carried = new Int32Array(n);

  return (values) => {
    for (let i = 0; i < n; i++) {
      const value = values[i] as number;
      let at = i;
      for (; at > 0 && (sorted[at - 1] as number) > value; at--) {
        sorted[at] = sorted[at - 1] as number;
        carried[at] = carried[at - 1] as number;
      }
      sorted[at] = value;
      carried[at] = given[i] as number;
    }
    let t = 0;
    let sum = carried[0] as number;
    while (sum <= lowerAbove) sum += carried[++t] as number;
    const lower = sorted[t] as number;
    while (sum <= upperAbove) sum += carried[++t] as number;
    const upper = sorted[t] as number;
    return lower === upper ? lower : (lower + upper) / 2;
  };
}

/**
 * The weighted median of each coordinate of `rows` (n vectors of length d), as a new array; -0 becomes +0. Weights are whole
 * numbers.
 *
 * The midpoint is formed in float64 and rounded once: that is the correctly rounded float32 midpoint, and cannot overflow.
 * O(d n log^2 n) time by a kernel, O(d n^2) without; memory of one chunk of the rows besides the result.
 */
export function coordinateMedian(rows: readonly Float32Array[], weights: ArrayLike<number>): Float32Array {
  const d = rows[0]?.length ?? 0;
  const byKernel = d >= KERNEL_LENGTH && kernelsServe(rows.length);
  return byKernel ? coordinateMedianKernel(rows, weights) : coordinateMedianPlain(rows, weights);
}

/** What `coordinateMedian` must equal. */
export function coordinateMedianPlain(rows: readonly Float32Array[], weights: ArrayLike<number>): Float32Array {
  const n = rows.length;
  const median = createWeightedMedian(weights);
  const column = new Float64Array(n);
  const result = new Float32Array(rows[0]?.length ?? 0);
  for (let i = 0; i < result.length; i++) {
    for (let t = 0; t < n; t++) column[t] = (rows[t] as Float32Array)[i] as number;
    result[i] = Math.fround(median(column)) + 0;
  }
  return result;
}

/** The same by a kernel. */
export function coordinateMedianKernel(rows: readonly Float32Array[], weights: ArrayLike<number>): Float32Array {
  const d = rows[0]?.length ?? 0;
  const median = medianKernel(halfWeight(wholeWeights(weights), 0));
  const result = new Float32Array(d);
  for (let chunk = 0; chunk < d; chunk += CHUNK) {
    const size = Math.min(CHUNK, d - chunk);
    loadRows(rows, chunk, size);
    forgetRows();
    for (let tile = 0; tile < size; tile += TILE)
      median(4 * tile, 4 * Math.ceil(Math.min(TILE, size - tile) / GROUP) * GROUP);
    takeResult(result, chunk, size);
  }
  return result;
}
