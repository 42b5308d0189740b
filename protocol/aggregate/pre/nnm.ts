import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { rowsOf, squaresOf } from "../rows/crowd.ts";
import { type Mixtures, nearestMixtures } from "../rows/mixture.ts";
import type { PreAggregator } from "../rows/rule.ts";

/**
 * NNM, nearest-neighbour mixing before a rule: each row becomes the mean of the n - b rows nearest to it, itself included.
 *
 *     z_i <- sum_{j in N_i} p_j z_j / sum_{j in N_i} p_j,   N_i = the n - b rows nearest to z_i
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, n = m + 1, p_j is the mass, and b is the assumed number of liars
 * (`assumedLiars`).
 *
 * It brings honest models that differ close together, so that the rule that follows loses less under skew. It is optimal with most rules
 * while the liars are at most b. O(m^2 d) time. Parameter `f`: the assumed share of liars. Where each row is one candidate, the own row
 * ranks the others by their length before any clipping: after it many lie at exactly the same length, and the order must not be left to the
 * peer ids.
 *
 * @throws nothing; the rule behind it checks the input.
 * @see Allouah, Farhadkhani, Guerraoui, Gupta, Pinot, Stephan, AISTATS 2023 (arXiv 2302.01772).
 * @example
 * import { findRule } from "hearsay/protocol/aggregate/registry";
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * const input = ruleInput([0, 0], [[3, 0], [0, 3], [90, 90]]); // own model, two honest candidates, a liar
 * findRule("median").aggregate(input, {}).params; // -> [1.5, 1.5]
 * findRule("nnm+median").aggregate(input, { f: 0.2 }).params; // -> [1, 1]
 */
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
