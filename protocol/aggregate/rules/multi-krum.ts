import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { type Crowd, rowsOf, squaresOf } from "../rows/crowd.ts";
import { smallest } from "../rows/neighbours.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";

/**
 * Multi-Krum: the mean by mass of the n - b rows with the best scores.
 *
 *     score(i) = sum of |z_i - z_k|^2 over the n - b - 2 rows z_k nearest to z_i, other than z_i
 *     y = sum p_i z_i / sum p_i over the n - b rows with the least scores
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, n = m + 1, p_i is the mass, and b is the assumed number of liars
 * (`assumedLiars`), at most floor((m - 2) / 2). The own model is one of the rows and may be left out like any other. Scores count
 * neighbours. Staleness weights do not count. A candidate outside the n - b is `removed`. Ties go to the lower index, the own model first.
 *
 * Breakdown: 2 b + 2 < n; with fewer than four candidates nothing is removed. Liars that agree with one another, or hide within the spread
 * of the honest models, score well. Under skew the rule discards honest models that differ. O(m^2 d) time. Parameter `f`: the assumed share
 * of liars.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017 (arXiv 1703.02757).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { multiKrum } from "hearsay/protocol/aggregate/rules/multi-krum";
 * const input = ruleInput([0, 0], [[1, 0], [2, 0], [1, 4], [90, 90]]); // own model, three honest candidates, a liar
 * multiKrum.aggregate(input, { f: 0.2 }).params; // -> [1, 1]
 * multiKrum.aggregate(input, { f: 0.2 }).statuses; // -> ["used", "used", "used", "removed"]
 */
export const multiKrum: SettledRule = settled({
  name: "multi-krum",
  about: "the mean of the models that lie nearest to their neighbours",
  minCandidates: 4,
  parameters: { f: ASSUMED_SHARE },
  settle(crowd, { f }) {
    const liars = krumLiars(crowd, f as number);
    return meanOf(crowd.masses, new Set(bestRows(crowd, liars, rowsOf(crowd) - liars)));
  },
});

/** b, so few that every score counts a neighbour. */
export function krumLiars(crowd: Crowd, f: number): number {
  return Math.min(liarsAmong(crowd, f), Math.max(0, Math.floor((rowsOf(crowd) - 3) / 2)));
}

/** The `count` rows with the least scores. */
export function bestRows(crowd: Crowd, liars: number, count: number): number[] {
  const n = rowsOf(crowd);
  const squares = squaresOf(crowd);
  const nearest = Math.max(0, n - liars - 2);
  const scores = Float64Array.from({ length: n }, (_, i) => {
    const sorted = squares.subarray(i * n, (i + 1) * n).toSorted(); // the first is a 0: its own, or that of an equal row
    let sum = 0;
    for (let k = 1; k <= nearest; k++) sum += sorted[k] as number;
    return sum;
  });
  return smallest(scores, count);
}
