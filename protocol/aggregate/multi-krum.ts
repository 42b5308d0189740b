/**
 * Multi-Krum: the mean of the n - b vectors with the best scores, of own model and candidates (n = m + 1).
 *
 *     score(i) = sum of |v_i - v_k|^2 over the n - b - 2 vectors v_k nearest to v_i, other than v_i
 *
 * Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017 (arXiv 1703.02757). Breakdown: 2 b + 2 < n, hence b is capped at
 * floor((m - 2) / 2) here; with fewer than four candidates nothing is removed. Liars that agree with one another, or hide
 * within the spread of the honest, score well. Under skew it discards the honest who differ.
 *
 * The own model is one of the vectors and may be left out like any other. Staleness weights are not used: a score counts
 * neighbours. A candidate outside the n - b is `removed`. Ties go by index, own first. O(m^2 d) time (one Gram matrix).
 */

import { ASSUMED_SHARE, assumedLiars } from "./assumed-liars.ts";
import { combine, vectorsOf } from "./combine.ts";
import { gramOfDifferences } from "./distances.ts";
import { checkInput } from "./input.ts";
import { smallest, squaredDistances } from "./neighbours.ts";
import type { Rule } from "./rule.ts";

export const multiKrum: Rule = {
  name: "multi-krum",
  minCandidates: 4,
  parameters: { f: ASSUMED_SHARE },
  aggregate(input, parameters) {
    checkInput(input);
    const { own, candidates } = input;
    const { f } = parameters as { f: number };
    const m = candidates.length;
    const n = m + 1;
    const liars = Math.min(assumedLiars(f, m), Math.max(0, Math.floor((m - 2) / 2)));
    const vectors = vectorsOf(candidates);
    const squares = squaredDistances(gramOfDifferences(own, vectors), m);
    const best = smallest(scores(squares, n, Math.max(0, n - liars - 2)), n - liars);

    const coefficients = new Float64Array(m);
    for (const row of best) if (row > 0) coefficients[row - 1] = 1 / best.length;
    return {
      params: combine(own, vectors, coefficients),
      statuses: Array.from(coefficients, (coefficient) => (coefficient > 0 ? "used" : "removed")),
    };
  },
};

/** Sums the `nearest` smallest squared distances of each row, its own 0 not counted. */
function scores(squares: Float64Array, n: number, nearest: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    const sorted = squares.subarray(i * n, (i + 1) * n).toSorted(); // the first is a 0: its own, or that of an equal vector
    let sum = 0;
    for (let k = 1; k <= nearest; k++) sum += sorted[k] as number;
    return sum;
  });
}
