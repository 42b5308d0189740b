import { ASSUMED_SHARE } from "../rows/assumed-liars.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";
import { nearestRows } from "./nna.ts";

/**
 * sc-wmean, the self-centred weighted mean: `nna` with staleness weights.
 *
 *     y = sum w_j z_j / sum w_j over z_0 = own and the m - b candidates with the least |z_j - own|
 *
 * where z_1 .. z_m are the candidates, w_j = s_j p_j (staleness weight / 65536 times mass, s_0 = 1), and b is the assumed number of liars
 * (`assumedLiars`). A dropped candidate is `removed`.
 *
 * It falls to liars inside the ball: at the distance of the b-th farthest honest model they are kept, and push honest models out (23 %
 * accuracy at Dirichlet 0.5, f = 0.2, in the search for the default rule). O(m d) time. Parameter `f`: the assumed share of liars.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Hearsay's own, after Farhadkhani et al., ICML 2023 (arXiv 2210.08934).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { scWmean } from "hearsay/protocol/aggregate/rules/sc-wmean";
 * const candidates = [[5, 0], [0, 5], [90, 90]]; // two honest ones, the second of them stale, and a liar
 * scWmean.aggregate(ruleInput([0, 0], candidates, [65536, 32768, 65536]), { f: 0.2 }).params; // -> [2, 1]
 */
export const scWmean: SettledRule = settled({
  name: "sc-wmean",
  about: "as nna, by staleness weight too",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => meanOf(crowd.weights, nearestRows(crowd, f as number)),
});
