/**
 * Multi-Krum: the mean of the n - b rows with the best scores, of own model and candidates (n = m + 1).
 *
 *     score(i) = sum of |v_i - v_k|^2 over the n - b - 2 rows v_k nearest to v_i, other than v_i
 *
 * Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017 (arXiv 1703.02757). Breakdown: 2 b + 2 < n, hence b is capped at
 * floor((m - 2) / 2) here; with fewer than four candidates nothing is removed. Liars that agree with one another, or hide
 * within the spread of the honest, score well. Under skew it discards the honest who differ.
 *
 * The own model is one of the rows and may be left out like any other. Scores count neighbours, the mean counts by mass; staleness
 * weights are not used. A candidate outside the n - b is `removed`. Ties go by index, own first. O(m^2 d) time.
 */

import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { type Crowd, rowsOf, squaresOf } from "../rows/crowd.ts";
import { smallest } from "../rows/neighbours.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";

export const multiKrum: SettledRule = settled({
  name: "multi-krum",
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
