/**
 * Linear steps around the own model: own + sum_j coefficients[j] (v_j - own).
 *
 * Around the own model, because then candidates equal to it leave it as it is to the bit, whatever the coefficients sum to, and
 * because all distances follow from one Gram matrix of the same differences. Sums in float64, candidates in order.
 */

import type { RuleCandidate } from "../seams.ts";

/** Coordinates at a time: one block of every row stays in the cache. The result does not depend on it. */
const BLOCK = 1024;

/** The parameter vectors of the candidates. */
export function vectorsOf(candidates: readonly RuleCandidate[]): Float32Array[] {
  return candidates.map(({ params }) => params);
}

/** own + sum_j coefficients[j] (vectors[j] - own) as a new array; -0 becomes +0. O(m d) time, one block of memory. */
export function combine(own: Float32Array, vectors: readonly Float32Array[], coefficients: Float64Array): Float32Array {
  const result = new Float32Array(own.length);
  const sums = new Float64Array(Math.min(BLOCK, own.length));
  for (let start = 0; start < own.length; start += BLOCK) {
    const size = Math.min(BLOCK, own.length - start);
    sums.fill(0, 0, size);
    for (let j = 0; j < vectors.length; j++) {
      const coefficient = coefficients[j] as number;
      if (coefficient === 0) continue;
      const vector = vectors[j] as Float32Array;
      for (let c = 0; c < size; c++)
        sums[c] = (sums[c] as number) + coefficient * ((vector[start + c] as number) - (own[start + c] as number));
    }
    for (let c = 0; c < size; c++)
      result[start + c] = Math.fround((own[start + c] as number) + (sums[c] as number)) + 0;
  }
  return result;
}

/**
 * own + reduce(z_0 .. z_n-1) coordinate by coordinate, where z_i = sum_j table[i][j] (vectors[j] - own).
 * `reduce` gets the same scratch array each time. O(n m d) time, O(n m) memory besides the result.
 */
export function combineEach(
  own: Float32Array,
  vectors: readonly Float32Array[],
  table: readonly Float64Array[],
  reduce: (column: Float64Array) => number,
): Float32Array {
  const m = vectors.length;
  const n = table.length;
  const coefficients = new Float64Array(n * m);
  for (const [i, row] of table.entries()) coefficients.set(row, i * m);
  const differences = new Float64Array(m);
  const column = new Float64Array(n);
  const result = new Float32Array(own.length);
  for (let c = 0; c < own.length; c++) {
    const origin = own[c] as number;
    for (let j = 0; j < m; j++) differences[j] = ((vectors[j] as Float32Array)[c] as number) - origin;
    for (let i = 0, at = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++, at++) sum += (coefficients[at] as number) * (differences[j] as number);
      column[i] = sum;
    }
    result[c] = Math.fround(origin + reduce(column)) + 0;
  }
  return result;
}
