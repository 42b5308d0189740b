import { ASSUMED_SHARE } from "../rows/assumed-liars.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { nearestRows } from "./nna.ts";

/**
 * GTS (gossip with trimmed sums): pulls of the candidates, without those of the b candidates farthest from the own model.
 *
 *     y = own + sum over the m - b candidates with the least d_j of w_j (z_j - own) / (w_0 + sum_j w_j)
 *
 * where z_1 .. z_m are the candidates, d_j = |z_j - own|, w_j = s_j p_j (staleness weight / 65536 times mass, s_0 = 1), the sum below is over
 * all candidates, and b is the assumed number of liars (`assumedLiars`). What is trimmed stays with the own model: this is the difference to
 * `sc-wmean`, which shares the weight out among those that are left. A trimmed candidate is `removed`; of two that are equally far, the lower
 * index stays.
 *
 * Breakdown: while the liars are at most b, the result lies no farther from the own model than the farthest honest candidate. Liars at the
 * distance of the honest models are kept, and push honest ones out. O(m d) time. Parameter `f`: the assumed share of liars.
 *
 * The paper trims a weight, which may cut one candidate in two; here b counts candidates, as in the other rules.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Gaucher, Dieuleveut, Hendrikx, ICML 2025 (arXiv 2410.10418), who show that NNA (Farhadkhani et al., ICML 2023) is this sum with another
 *   step size; here with staleness weights, and with the mean for the step size.
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { gts } from "hearsay/protocol/aggregate/rules/gts";
 * const input = ruleInput([0, 0], [[4, 0], [0, 8], [90, 0]]); // own model, two honest candidates, a liar
 * gts.aggregate(input, { f: 0.2 }).params; // -> [1, 2]
 * gts.aggregate(input, { f: 0.2 }).statuses; // -> ["used", "used", "removed"]
 */
export const gts: SettledRule = settled({
  name: "gts",
  about: "the pulls of the candidates, without those farthest from the own model",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle(crowd, { f }) {
    const { weights } = crowd;
    const kept = nearestRows(crowd, f as number);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const coefficients = weights.map((weight, i) => (kept.has(i) ? weight / total : 0));
    const trimmed = weights.reduce((sum, weight, i) => (kept.has(i) ? sum : sum + weight), 0);
    coefficients[0] = ((weights[0] as number) + trimmed) / total;
    return { kind: "linear", coefficients };
  },
});
