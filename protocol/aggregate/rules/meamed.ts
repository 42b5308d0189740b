import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { rowsOf } from "../rows/crowd.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

/**
 * MeaMed, the mean around the median: of each coordinate, the mean of the n - b values nearest to their median.
 *
 *     y_c = (1 / (n - b)) sum of the n - b values of z_0c .. z_mc that are nearest to their median
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, n = m + 1 and b is the assumed number of liars (`assumedLiars`). Of two values
 * that are equally far, the lesser is kept. Neither staleness nor mass counts, as in the trimmed mean. All candidates are `used`.
 *
 * Breakdown: while the liars are at most b < n / 2, the values that are kept are no farther from the median than the honest ones, and the
 * median lies between two honest ones. O(d m log^2 m) time. Parameter `f`: the assumed share of liars.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Xie, Koyejo, Gupta 2018 (arXiv 1802.10116), "mean-around-median".
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { meamed } from "hearsay/protocol/aggregate/rules/meamed";
 * const input = ruleInput([0, 0], [[3, 0], [0, 3], [90, -90]]); // own model, two honest candidates, a liar
 * meamed.aggregate(input, { f: 0.2 }).params; // -> [1, 1]
 */
export const meamed: SettledRule = settled({
  name: "meamed",
  about: "of each coordinate the mean of the values nearest to their median",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => ({
    kind: "coordinates",
    reduction: { kind: "mean-around-median", n: rowsOf(crowd), keep: rowsOf(crowd) - liarsAmong(crowd, f as number) },
  }),
});
