/**
 * Where half of the weight lies: the weights of a median as integers, so that their sums are exact in any order, and rows that
 * are one may be counted as one.
 *
 *     W = w_1 + .. + w_n;  C(v) = sum of w_i over all i with z_i <= v
 *     lower = least value v with C(v) >= W / 2 - tolerance W;  upper = least with C(v) > W / 2 + tolerance W
 *
 * Whole numbers stay as they are while their sum is at most 2^30: 16384 models, times mass, at weight 65536. Greater sums and fractions
 * are rounded to 2^-30 of the sum, an error far below any sensible tolerance.
 */

export interface Halves {
  /** lower is the least value with C(v) > lowerAbove. */
  readonly lowerAbove: number;
  /** upper is the least value with C(v) > upperAbove. */
  readonly upperAbove: number;
}

export interface HalfWeight extends Halves {
  readonly weights: Int32Array;
  /** No place of the sorted order (0-based) before this one can be lower, whatever the values. */
  readonly first: number;
  /** No place after this one can be upper. */
  readonly last: number;
}

/** Sums of integers up to here fit in int32. */
const LARGEST_SUM = 2 ** 30;

/** The weights (above 0) as integers whose sum fits in int32. */
export function wholeWeights(weights: ArrayLike<number>): Int32Array {
  let total = 0;
  let whole = true;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    total += weight;
    whole &&= Number.isInteger(weight);
  }
  const unit = whole && total <= LARGEST_SUM ? 1 : LARGEST_SUM / total;
  const result = new Int32Array(weights.length);
  for (let i = 0; i < result.length; i++) result[i] = Math.round((weights[i] as number) * unit);
  return result;
}

/** `weights` as `wholeWeights` makes them; `tolerance` is a share of W, 0 where they are exact. O(n). */
export function halvesOf(weights: Int32Array, tolerance: number): Halves {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i] as number;
  return {
    lowerAbove: Math.ceil(total / 2 - tolerance * total) - 1,
    upperAbove: Math.floor(total / 2 + tolerance * total),
  };
}

/** The same, and where in the sorted order the half can be. O(n log n). */
export function halfWeight(weights: Int32Array, tolerance: number): HalfWeight {
  const { lowerAbove, upperAbove } = halvesOf(weights, tolerance);
  const ascending = weights.slice().sort();
  let last = 0;
  for (let sum = ascending[0] as number; sum <= upperAbove; sum += ascending[last] as number) last++;
  const heaviest = weights.length - 1;
  let first = 0;
  for (let sum = ascending[heaviest] as number; sum <= lowerAbove; sum += ascending[heaviest - first] as number)
    first++;
  return { weights, lowerAbove, upperAbove, first, last };
}
