import { wholeWeights } from "../rows/half-weight.ts";
import type { Outcome, SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

/**
 * Coordinate-wise median by staleness weight.
 *
 *     y_c = weighted median of z_0c .. z_mc with the weights 65536 s_j p_j, for each coordinate c
 *
 * where z_0 is the own model (s_0 = 1), z_1 .. z_m are the candidates, s_j is the staleness weight / 65536 and p_j the mass. The weights
 * are whole numbers, so that ties are decided exactly, and alike in every language. All candidates are `used`.
 *
 * Breakdown: with liars at weight 1 and honest models at mean weight w, up to the share w / (1 + w) of liars. A least weight of 0.8 keeps
 * that above 0.44. O(d m log^2 m) time. Parameters: none.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see The median is that of Yin, Chen, Ramchandran, Bartlett, ICML 2018 (arXiv 1803.01498); the weights are Hearsay's own.
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { weightedMedian } from "hearsay/protocol/aggregate/rules/weighted-median";
 * const candidates = [[1], [8]];
 * weightedMedian.aggregate(ruleInput([0], candidates, [65536, 65536]), {}).params; // -> [1]
 * // A stale candidate counts less: own weight and that of the stale one are together more than half.
 * weightedMedian.aggregate(ruleInput([0], candidates, [20000, 20000]), {}).params; // -> [0]
 */
export const weightedMedian: SettledRule = settled({
  name: "weighted-median",
  about: "of each coordinate the median, by staleness weight and mass",
  minCandidates: 1,
  parameters: {},
  settle: ({ weights }) => medianOf(weights),
});

/** The median of each coordinate of the rows, by weights that are whole numbers. */
export function medianOf(weights: Float64Array): Outcome {
  return { kind: "coordinates", reduction: { kind: "median", weights: wholeWeights(weights), tolerance: 0 } };
}
