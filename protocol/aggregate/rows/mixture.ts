/**
 * Mixtures of rows around the own model: weighted means of own model and candidates, from each of which some rows are missing.
 *
 *     y_j = coefficient_j (v_j - own);  S = y_1 + .. + y_m
 *     z_i = own + (S - sum of the y_j listed for i) scale_i          where all but the listed rows are in the mixture
 *     z_i = own + (sum of the y_j listed for i) scale_i              where the listed ones are
 *
 * Shortened vectors (ARC), means of a few (bucketing) and nearest-neighbour mixing (NNM: Allouah et al., AISTATS 2023) all have this
 * form, and so has any linear rule, as one mixture. A mixture of nearest neighbours leaves out the few rows farthest from its
 * own, so that one sum for all serves better than a sum for each. In float64, j ascending, the listed ones in their
 * order; z_i is rounded to float32, which commutes with the median.
 */

export interface Mixtures {
  /** m + 1 factors of the rows, 0 for the own one, which is the origin. */
  readonly coefficients: Float64Array;
  /** Factor of each mixture: one over the weight that it holds. */
  readonly scales: Float64Array;
  /** Rows, equally many for each mixture, one mixture after the other; 0, the own row, fills up a list and changes nothing. */
  readonly listed: Int32Array;
  /** What the listed rows are to their mixture. */
  readonly lists: "left out" | "held";
}

/** own + sum_j coefficients_j (v_j - own), j = 1 .. m. */
export function oneMixture(coefficients: ArrayLike<number>): Mixtures {
  const all = new Float64Array(coefficients.length + 1);
  all.set(coefficients, 1);
  return { coefficients: all, scales: Float64Array.of(1), listed: new Int32Array(0), lists: "left out" };
}

/** Each row alone, times its factor: z_i = own + factors_i (v_i - own), the own row first. */
export function eachAlone(factors: Float64Array): Mixtures {
  const n = factors.length;
  const coefficients = factors.slice();
  coefficients[0] = 0;
  return {
    coefficients,
    scales: new Float64Array(n).fill(1),
    listed: Int32Array.from({ length: n }, (_, i) => i),
    lists: "held",
  };
}

/**
 * For each row the weighted mean of all but the `count` rows farthest from it. `distances`: n x n, row-major, row i by what row i ranks
 * the rows; ties go by index, hence by peer id. `weights` and `shrink` (a factor in 0 .. 1 of v_j - own) for each row; `count` is
 * fewer than half. O(n^2 count).
 */
export function nearestMixtures(
  distances: Float64Array,
  weights: Float64Array,
  shrink: Float64Array,
  count: number,
): Mixtures {
  const n = weights.length;
  const scales = new Float64Array(n);
  const listed = new Int32Array(n * count);
  const ranked = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) ranked[k] = distances[i * n + k] as number;
    const row = listed.subarray(i * count, (i + 1) * count);
    farthest(ranked, row);
    scales[i] = 1 / weightBut(weights, row);
  }
  const coefficients = new Float64Array(n);
  for (let j = 1; j < n; j++) coefficients[j] = (weights[j] as number) * (shrink[j] as number);
  return { coefficients, scales, listed, lists: "left out" };
}

/**
 * Mixtures that list the same rows are one, with the sum of their votes in a median. That changes no bit of it, since votes are
 * integers. `votes`: one for each mixture.
 */
export function mergeSame(mixed: Mixtures, votes: Int32Array): { mixed: Mixtures; votes: Int32Array } {
  const n = mixed.scales.length;
  const count = mixed.listed.length / n;
  const scales = new Float64Array(n);
  const listed = new Int32Array(mixed.listed.length);
  const merged = new Int32Array(n);
  let found = 0;
  for (let i = 0; i < n; i++) {
    let same = 0;
    while (
      same < found &&
      !(scales[same] === mixed.scales[i] && sameList(listed, same * count, mixed.listed, i * count, count))
    )
      same++;
    merged[same] = (merged[same] as number) + (votes[i] as number);
    if (same < found) continue;
    for (let e = 0; e < count; e++) listed[found * count + e] = mixed.listed[i * count + e] as number;
    scales[found++] = mixed.scales[i] as number;
  }
  return {
    mixed: { ...mixed, scales: scales.subarray(0, found), listed: listed.subarray(0, found * count) },
    votes: merged.slice(0, found),
  };
}

/** The mixtures as coefficients of v_1 - own .. v_m - own: one row of m numbers for each. */
export function tableOf({ coefficients, scales, listed, lists }: Mixtures): Float64Array {
  const m = coefficients.length - 1;
  const n = scales.length;
  const count = listed.length / n;
  const table = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    const row = table.subarray(i * m, (i + 1) * m);
    const scale = scales[i] as number;
    if (lists === "left out") for (let j = 0; j < m; j++) row[j] = scale * (coefficients[j + 1] as number);
    for (let e = i * count; e < (i + 1) * count; e++) {
      const j = (listed[e] as number) - 1;
      if (j >= 0) row[j] = lists === "left out" ? 0 : scale * (coefficients[j + 1] as number);
    }
  }
  return table;
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

function sameList(a: Int32Array, atA: number, b: Int32Array, atB: number, count: number): boolean {
  for (let e = 0; e < count; e++) if (a[atA + e] !== b[atB + e]) return false;
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
