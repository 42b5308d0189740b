/**
 * The heavy work of every rule: passes over the coordinates of all rows, row 0 being the own model.
 *
 * A rule looks at the data twice at most: once for the inner products from which all distances follow, once for the result. What
 * lies between needs a number for each pair of rows, not for each coordinate. So a pass is plain data that any thread
 * can carry out on any range of coordinates, and the rules do not know who does: `plain.ts` is the reference,
 * `kernels/passes.ts` gives the same bits by SIMD, and a host may divide the ranges over threads.
 */

import type { Mixtures } from "./mixture.ts";

/**
 * Coordinates whose inner products are summed up on their own (`differences.ts`); the sums of the spans are then added in order. A
 * multiple of the block. Threads divide a vector between spans, so that their number changes no bit.
 */
export const SPAN: number = 2 ** 18;

/** What one number is made of the values of a coordinate, one for each of n rows or mixtures. */
export type Reduction =
  /** There is one mixture, and this is it. */
  | { readonly kind: "only" }
  /** The weighted median (`half-weight.ts`); weights are integers, `tolerance` a share of their sum that still is a tie. */
  | { readonly kind: "median"; readonly weights: Int32Array; readonly tolerance: number }
  /** The mean without the `trim` smallest and the `trim` largest of n. */
  | { readonly kind: "trimmed-mean"; readonly n: number; readonly trim: number }
  /** The mean of the `keep` values of n that are nearest to their median. */
  | { readonly kind: "mean-around-median"; readonly n: number; readonly keep: number };

export interface Pass {
  /** Where given, the values are those of mixtures of the rows; else those of the first n rows. */
  readonly mixed?: Mixtures;
  readonly reduction: Reduction;
}

export interface Passes {
  /** The Gram matrix (q x q, row-major) of x_j = rows[j] - rows[0], j = 1 .. q. */
  gram(rows: readonly Float32Array[]): Float64Array;
  /** Its diagonal: |x_j|^2, the same bits. */
  squaredLengths(rows: readonly Float32Array[]): Float64Array;
  /** d numbers, never -0, in `result` or else in a new array. Rows beyond those that the pass needs are ignored. */
  reduce(rows: readonly Float32Array[], pass: Pass, result?: Float32Array): Float32Array;
}

/** How many rows or mixtures a reduction reads. */
export function rowsRead({ mixed, reduction }: Pass): number {
  if (mixed !== undefined) return mixed.scales.length;
  switch (reduction.kind) {
    case "only":
      return 1;
    case "median":
      return reduction.weights.length;
    default:
      return reduction.n;
  }
}
