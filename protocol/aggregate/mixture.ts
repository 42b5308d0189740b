/**
 * Weighted nearest-neighbour mixing (NNM: Allouah et al., AISTATS 2023) of own model and candidates, and the weighted
 * coordinate-wise median of the mixtures: steps 3 and 4 of guarded-median.
 *
 *     y_j = coefficient_j (v_j - own);  S = y_1 + .. + y_m;  z_i = own + (S - sum of the y_j that i leaves out) scale_i
 *
 * Each mixture leaves out the few rows farthest from row i, so that one sum for all serves better than a sum for each.
 * Rows that leave out the same are one mixture with the sum of their weights, which changes nothing: the weights are
 * integers. In float64, j ascending; z_i is rounded to float32, which commutes with the median.
 */

import { createWeightedMedian } from "./coordinate-median.ts";

export interface Mixtures {
  /** m + 1 factors of the rows, 0 for the own one, which is the origin. */
  readonly coefficients: Float64Array;
  /** One over the weight that each mixture holds. */
  readonly scales: Float64Array;
  /** The rows that each mixture leaves out, ascending, equally many for each, one mixture after the other. */
  readonly leftOut: Int32Array;
  /** Weight of each mixture in the median. */
  readonly weights: Int32Array;
}

/**
 * `distances`: (m + 1) x (m + 1), row-major, row i by what row i ranks the rows; ties go by index, hence by peer id.
 * `weights` and `shrink` (a factor in 0 .. 1 of v_j - own) for each row; `votes`: the weights in the median, integers;
 * `count`: rows that each mixture leaves out, fewer than half. O(m^2 count).
 */
export function mixtures(
  distances: Float64Array,
  weights: Float64Array,
  shrink: Float64Array,
  votes: Int32Array,
  count: number,
): Mixtures {
  const n = weights.length;
  const scales = new Float64Array(n);
  const leftOut = new Int32Array(n * count);
  const merged = new Int32Array(n);
  const row = new Int32Array(count);
  const ranked = new Float64Array(n);
  let found = 0;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) ranked[k] = distances[i * n + k] as number;
    farthest(ranked, row);
    let same = 0;
    while (same < found && !holds(leftOut, same * count, row)) same++;
    merged[same] = (merged[same] as number) + (votes[i] as number);
    if (same < found) continue;
    for (let e = 0; e < count; e++) leftOut[found * count + e] = row[e] as number;
    scales[found] = 1 / weightBut(weights, row);
    found++;
  }
  const coefficients = new Float64Array(n);
  for (let j = 1; j < n; j++) coefficients[j] = (weights[j] as number) * (shrink[j] as number);
  return {
    coefficients,
    scales: scales.subarray(0, found),
    leftOut: leftOut.subarray(0, found * count),
    weights: merged.slice(0, found),
  };
}

/** Writes the indices of the `row.length` largest distances to `row`, ascending; of equal ones, the later. Marks them. */
function farthest(distances: Float64Array, row: Int32Array): void {
  for (let e = 0; e < row.length; e++) {
    let best = 0;
    for (let k = 1; k < distances.length; k++) if ((distances[k] as number) >= (distances[best] as number)) best = k;
    distances[best] = Number.NEGATIVE_INFINITY;
  }
  for (let k = 0, e = 0; k < distances.length; k++) if (distances[k] === Number.NEGATIVE_INFINITY) row[e++] = k;
}

function holds(leftOut: Int32Array, start: number, row: Int32Array): boolean {
  for (let e = 0; e < row.length; e++) if (leftOut[start + e] !== row[e]) return false;
  return true;
}

/** The sum of the weights but for those of some rows (ascending), in order. */
function weightBut(weights: Float64Array, rows: Int32Array): number {
  let sum = 0;
  let e = 0;
  for (let j = 0; j < weights.length; j++) {
    if (rows[e] === j) e++;
    else sum += weights[j] as number;
  }
  return sum;
}

/** The median of the mixtures of rows 1 .. m around row 0, without a kernel. O(d m^2) time, O(m) memory besides the result. */
export function medianOfMixturesPlain(
  rows: readonly Float32Array[],
  { coefficients, scales, leftOut, weights }: Mixtures,
  tolerance: number,
): Float32Array {
  const own = rows[0] as Float32Array;
  const count = leftOut.length / scales.length;
  const median = createWeightedMedian(weights, tolerance);
  const summands = new Float64Array(coefficients.length);
  const column = new Float64Array(scales.length);
  const result = new Float32Array(own.length);
  for (let c = 0; c < result.length; c++) {
    const origin = own[c] as number;
    let sum = 0;
    for (let j = 1; j < summands.length; j++) {
      const summand = (((rows[j] as Float32Array)[c] as number) - origin) * (coefficients[j] as number);
      summands[j] = summand;
      sum += summand;
    }
    for (let i = 0; i < column.length; i++) {
      let part = sum;
      for (let e = i * count; e < (i + 1) * count; e++) part -= summands[leftOut[e] as number] as number;
      column[i] = Math.fround(part * (scales[i] as number) + origin);
    }
    result[c] = Math.fround(median(column)) + 0;
  }
  return result;
}
