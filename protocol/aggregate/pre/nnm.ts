/**
 * NNM, nearest-neighbour mixing before a rule: each row becomes the mean of the n - b rows nearest to it, itself included.
 *
 * Allouah, Farhadkhani, Guerraoui, Gupta, Pinot, Stephan, AISTATS 2023 (arXiv 2302.01772). Brings honest models that differ close
 * together, so that the rule that follows loses less under skew; optimal with most rules while the liars are at most b. Rows
 * count by mass. Where each row is one candidate, the own row ranks the others by their length before any clipping: after it many lie
 * at exactly r, and the order must not be left to the peer ids. O(m^2 d) time.
 */

import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { rowsOf, squaresOf } from "../rows/crowd.ts";
import { type Mixtures, nearestMixtures } from "../rows/mixture.ts";
import type { PreAggregator } from "../rows/rule.ts";

export const nnm: PreAggregator = {
  name: "nnm",
  order: 4,
  parameters: { f: ASSUMED_SHARE },
  minCandidates: (needed) => needed,
  apply(crowd, parameters) {
    const { f } = parameters as { f: number };
    const n = rowsOf(crowd);
    const m = crowd.members.length;
    const squares = squaresOf(crowd);
    if (n === m + 1) squares.set(crowd.squaredLengths(), 1);
    squares[0] = -1; // no row leaves out itself, whoever equals it
    const near = nearestMixtures(squares, crowd.masses, new Float64Array(n).fill(1), liarsAmong(crowd, f));
    return { ...crowd, mixed: crowd.mixed === undefined ? near : ofMixtures(near, crowd.mixed, crowd.masses) };
  },
};

/** Mixtures of mixtures of which no two hold the same vector. */
function ofMixtures(outer: Mixtures, inner: Mixtures, masses: Float64Array): Mixtures {
  const n = inner.scales.length;
  const each = inner.listed.length / n;
  const coefficients = inner.coefficients.slice();
  for (let i = 0; i < n; i++)
    for (const j of inner.listed.subarray(i * each, (i + 1) * each))
      coefficients[j] = (coefficients[j] as number) * (masses[i] as number);
  coefficients[0] = 0;
  const listed = Array.from(outer.listed, (i) => [...inner.listed.subarray(i * each, (i + 1) * each)]).flat();
  return { coefficients, scales: outer.scales, listed: Int32Array.from(listed), lists: "left out" };
}
