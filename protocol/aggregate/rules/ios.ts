import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { innerProductsOf, rowsOf } from "../rows/crowd.ts";
import { distancesFrom } from "../rows/point.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";

/**
 * IOS (iterative outlier scissor): b times, drop the candidate farthest from the staleness-weighted mean of what is left.
 *
 *     T = {0 .. m}; b times: c = sum_{j in T} w_j z_j / sum_{j in T} w_j; drop from T the candidate with the largest |z_j - c|
 *     y = sum_{j in T} w_j z_j / sum_{j in T} w_j
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, w_j = s_j p_j (staleness weight / 65536 times mass, s_0 = 1), and b is the assumed
 * number of liars (`assumedLiars`). The own model is never dropped. A dropped candidate is `removed`; of two that are equally far, the lower
 * index stays.
 *
 * Breakdown: while the liars are at most b, whoever of them is left lies no farther from the mean than an honest candidate that was dropped.
 * Liars near the mean are kept, and push honest models out that differ. O(m^2 d) time. Parameter `f`: the assumed share of liars.
 *
 * In the paper the weights are those of a doubly stochastic mixing matrix; peers that pull from changing neighbours have none.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Wu, Chen, Ling, IEEE Transactions on Signal Processing 71, 2023 (arXiv 2206.04568), algorithm 2.
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { ios } from "hearsay/protocol/aggregate/rules/ios";
 * const input = ruleInput([0, 0], [[6, 0], [0, 9], [90, 0]]); // own model, two honest candidates, a liar
 * ios.aggregate(input, { f: 0.2 }).params; // -> [2, 3]
 * ios.aggregate(input, { f: 0.2 }).statuses; // -> ["used", "used", "removed"]
 */
export const ios: SettledRule = settled({
  name: "ios",
  about: "the mean, after the candidate farthest from it was dropped, one after another",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle(crowd, { f }) {
    const inner = innerProductsOf(crowd);
    const left = new Set(Array.from({ length: rowsOf(crowd) }, (_, i) => i));
    for (let dropped = 0; dropped < liarsAmong(crowd, f as number); dropped++) {
      const { coefficients } = meanOf(crowd.weights, left);
      left.delete(farthest(distancesFrom(coefficients, inner), left));
    }
    return meanOf(crowd.weights, left);
  },
});

/** The candidate of `left` that lies farthest; of two, the later. */
function farthest(distances: Float64Array, left: ReadonlySet<number>): number {
  const candidates = [...left].filter((i) => i > 0);
  return candidates.reduce((most, i) => ((distances[i] as number) >= (distances[most] as number) ? i : most));
}
