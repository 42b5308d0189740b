import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { medianOf } from "./weighted-median.ts";

/**
 * Coordinate-wise median of the own model and the candidates.
 *
 *     y_c = median of z_0c .. z_mc, each counted p_j times, for each coordinate c
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates and p_j is the mass of z_j. Where half of the mass lies on either side, the
 * result is the midpoint of the two values in the middle. Staleness weights do not count. All candidates are `used`.
 *
 * Breakdown point 1/2: while the liars have less than half of the mass, each coordinate lies between two honest ones. It loses information
 * where honest models differ much (label skew). O(d m log^2 m) time. Parameters: none.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Yin, Chen, Ramchandran, Bartlett, ICML 2018 (arXiv 1803.01498), definition 1.
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { median } from "hearsay/protocol/aggregate/rules/median";
 * const input = ruleInput([0, 0], [[2, 0], [0, 2], [90, 90]]); // own model, two honest candidates, a liar
 * median.aggregate(input, {}).params; // -> [1, 1]
 * median.aggregate(input, {}).statuses; // -> ["used", "used", "used"]
 */
export const median: SettledRule = settled({
  name: "median",
  about: "of each coordinate the median, by mass",
  minCandidates: 1,
  parameters: {},
  settle: ({ masses }) => medianOf(masses),
});
