import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { rowsOf } from "../rows/crowd.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

/**
 * Coordinate-wise trimmed mean: of each coordinate, the mean without the b largest and the b smallest values.
 *
 *     y_c = (1 / (n - 2 b)) sum of what is left of z_0c .. z_mc without the b largest and the b smallest
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, n = m + 1 and b is the assumed number of liars (`assumedLiars`). Neither
 * staleness nor mass counts: dropping a number of values has no weighted form of which the bound holds. No candidate is dropped as a whole,
 * so all are `used`.
 *
 * Breakdown: while the liars are at most b, each coordinate lies between two honest ones; one liar more can move it anywhere. O(d m log^2
 * m) time. Parameter `f`: the assumed share of liars.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Yin, Chen, Ramchandran, Bartlett, ICML 2018 (arXiv 1803.01498), definition 2.
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { trimmedMean } from "hearsay/protocol/aggregate/rules/trimmed-mean";
 * const input = ruleInput([0, 0], [[2, 1], [1, 2], [90, -90]]); // own model, two honest candidates, a liar
 * trimmedMean.aggregate(input, { f: 0.2 }).params; // -> [1.5, 0.5]
 */
export const trimmedMean: SettledRule = settled({
  name: "trimmed-mean",
  about: "of each coordinate the mean, without the largest and the smallest values",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => ({
    kind: "coordinates",
    reduction: { kind: "trimmed-mean", n: rowsOf(crowd), trim: liarsAmong(crowd, f as number) },
  }),
});
