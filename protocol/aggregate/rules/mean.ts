import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";

/**
 * Staleness-weighted mean of the own model and the candidates.
 *
 *     y = sum_j w_j z_j / sum_j w_j
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, and w_j = s_j p_j: s_j is the staleness weight / 65536 (1 for the own model),
 * p_j the mass. All candidates are `used`.
 *
 * Breakdown point 0: one liar moves the mean anywhere. It is the yardstick for runs without an attacker. O(m d) time, no memory besides the
 * result. Parameters: none.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Gossip averaging: Boyd, Ghosh, Prabhakar, Shah, IEEE Transactions on Information Theory 2006. Staleness weights: Xie, Koyejo, Gupta
 *   2019 (FedAsync, arXiv 1903.03934).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { mean } from "hearsay/protocol/aggregate/rules/mean";
 * const input = ruleInput([0, 0], [[2, 0], [0, 2], [90, 90]]); // own model, two honest candidates, a liar
 * mean.aggregate(input, {}).params; // -> [23, 23]
 * mean.aggregate(ruleInput([0, 0], [[3, 0]], [32768]), {}).params; // -> [1, 0]
 */
export const mean: SettledRule = settled({
  name: "mean",
  about: "the mean by staleness weight and mass; one liar moves it anywhere",
  minCandidates: 1,
  parameters: {},
  settle: ({ weights }) => meanOf(weights),
});
