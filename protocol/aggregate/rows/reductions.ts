/**
 * What one number is made of a column of numbers, the plain way: each takes the values of a coordinate and gives its result.
 * They own their scratch memory, so that they are not re-entrant, and sort by insertion, since a column is short.
 */

import { halvesOf } from "./half-weight.ts";
import type { Reduction } from "./passes.ts";

export type Reduce = (column: ArrayLike<number>) => number;

/** The function of one reduction, for columns of as many numbers as it reads. */
export function reducer(reduction: Reduction): Reduce {
  switch (reduction.kind) {
    case "only":
      return (column) => column[0] as number;
    case "median":
      return weightedMedian(reduction.weights, reduction.tolerance);
    case "trimmed-mean":
      return trimmedMean(reduction.n, reduction.trim);
    case "mean-around-median":
      return meanAroundMedian(reduction.n, reduction.keep);
  }
}

/**
 * The weighted median of n numbers, all columns having the same weights:
 *
 *     sort by value; c_t = w_(1) + .. + w_(t); W = c_n
 *     lower = first value with c_t >= W / 2;  upper = first value with c_t > W / 2;  median = (lower + upper) / 2
 *
 * Breakdown point 1/2 of the weight: while the liars hold less than W / 2, every result lies between two honest values of
 * that coordinate. `tolerance` (a share of W) makes sums of rounded fractions that miss W / 2 by a little count as a tie.
 */
export function weightedMedian(weights: Int32Array, tolerance: number = 0): Reduce {
  const n = weights.length;
  const { lowerAbove, upperAbove } = halvesOf(weights, tolerance);
  const sorted = new Float64Array(n);
  const order = new Int32Array(n);
  const weightAt = (t: number) => weights[order[t] as number] as number;

  return (column) => {
    sortRows(sorted, order, column);
    let t = 0;
    let sum = weightAt(0);
    while (sum <= lowerAbove) sum += weightAt(++t);
    const lower = sorted[t] as number;
    while (sum <= upperAbove) sum += weightAt(++t);
    const upper = sorted[t] as number;
    return lower === upper ? lower : (lower + upper) / 2;
  };
}

/**
 * Drops the b smallest and the b largest of n numbers and averages the others, summed from the smallest to the largest, so that
 * the order of the column does not matter.
 * @throws RangeError unless 0 <= 2 b < n.
 */
export function trimmedMean(n: number, b: number): Reduce {
  if (b < 0 || 2 * b >= n) throw new RangeError(`${b} of ${n} numbers cannot be dropped on either side`);
  const sorted = new Float64Array(n);
  return (column) => {
    sortInto(sorted, column);
    let sum = 0;
    for (let i = b; i < n - b; i++) sum += sorted[i] as number;
    return sum / (n - 2 * b);
  };
}

/**
 * The mean of the `keep` of n numbers that are nearest to their median, summed from the smallest to the largest. They are neighbours
 * in the sorted order; of two numbers equally far off the lesser is taken.
 * @throws RangeError unless 1 <= keep <= n.
 */
export function meanAroundMedian(n: number, keep: number): Reduce {
  if (keep < 1 || keep > n) throw new RangeError(`${keep} of ${n} numbers cannot be kept`);
  const sorted = new Float64Array(n);
  return (column) => {
    sortInto(sorted, column);
    const start = nearestRun(sorted, keep);
    let sum = 0;
    for (let i = start; i < start + keep; i++) sum += sorted[i] as number;
    return sum / keep;
  };
}

/**
 * Where the `keep` of some sorted numbers that are nearest to their median begin: past every number that is farther off than the one
 * `keep` places after it.
 */
export function nearestRun(sorted: Float64Array, keep: number): number {
  const n = sorted.length;
  const median = Math.fround(((sorted[(n - 1) >> 1] as number) + (sorted[n >> 1] as number)) / 2);
  let start = 0;
  while (start + keep < n && median - (sorted[start] as number) > (sorted[start + keep] as number) - median) start++;
  return start;
}

function sortInto(sorted: Float64Array, column: ArrayLike<number>): void {
  for (let i = 0; i < sorted.length; i++) {
    const value = column[i] as number;
    let at = i;
    for (; at > 0 && (sorted[at - 1] as number) > value; at--) sorted[at] = sorted[at - 1] as number;
    sorted[at] = value;
  }
}

/** By insertion, since a column is short; `order` names the row of each value. */
export function sortRows(sorted: Float64Array, order: Int32Array, column: ArrayLike<number>): void {
  for (let i = 0; i < sorted.length; i++) {
    const value = column[i] as number;
    let at = i;
    for (; at > 0 && (sorted[at - 1] as number) > value; at--) {
      sorted[at] = sorted[at - 1] as number;
      order[at] = order[at - 1] as number;
    }
    sorted[at] = value;
    order[at] = i;
  }
}
