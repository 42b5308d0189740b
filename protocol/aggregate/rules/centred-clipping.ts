import { clipFactors } from "../rows/clip.ts";
import { innerProductsOf, lengthsOf, rowsOf } from "../rows/crowd.ts";
import { distancesFrom } from "../rows/point.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

/**
 * Centred clipping: from a centre c, the mean of what pulls at it, each pull shortened to tau; some times over.
 *
 *     c = own; `steps` times: c <- c + sum_j p_j min(1, tau / |z_j - c|) (z_j - c) / sum_j p_j
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, and p_j is the mass of z_j. tau = 0 stands for the median distance to the own
 * model, which needs no tuning. Staleness weights do not count. A candidate that is shortened in the last step is `clipped`.
 *
 * Breakdown: a liar moves the result by tau / n a step at most. The rule needs a centre near the honest models. O(m^2 d) time. Parameters:
 * `tau`, the longest pull; `steps`.
 *
 * In the paper the centre is the last aggregate and tau a constant of the task. Here the own model is the centre, so that one step is a
 * clipped gossip step.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Karimireddy, He, Jaggi, ICML 2021 (arXiv 2012.10333).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { centredClipping } from "hearsay/protocol/aggregate/rules/centred-clipping";
 * const input = ruleInput([0, 0], [[4, 0], [0, 4], [90, 0]]); // own model, two honest candidates, a liar
 * centredClipping.aggregate(input, { tau: 4, steps: 1 }).params; // -> [2, 1]
 * centredClipping.aggregate(input, { tau: 4, steps: 1 }).statuses; // -> ["used", "used", "clipped"]
 */
export const centredClipping: SettledRule = settled({
  name: "centred-clipping",
  about: "from the own model on, the mean of the pulls of the others, each shortened to one length",
  minCandidates: 2,
  parameters: {
    tau: { default: 0, min: 0, max: 1e12, about: "longest pull; 0: the median distance to the own model" },
    steps: { default: 3, min: 1, max: 100, about: "steps; a fraction is cut off" },
  },
  settle(crowd, parameters) {
    const { tau, steps } = parameters as { tau: number; steps: number };
    const inner = innerProductsOf(crowd);
    const lengths = lengthsOf(crowd).sort();
    const radius = tau > 0 ? tau : (lengths[lengths.length >> 1] as number);
    const { masses } = crowd;
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    let alpha: Float64Array = Float64Array.of(1, ...new Float64Array(rowsOf(crowd) - 1));
    let shrink = alpha;
    for (let step = 1; step <= steps; step++) {
      shrink = clipFactors(distancesFrom(alpha, inner), radius);
      const pulls = masses.map((mass, i) => (mass * (shrink[i] as number)) / total);
      const rest = 1 - pulls.reduce((sum, pull) => sum + pull, 0);
      alpha = alpha.map((share, i) => share * rest + (pulls[i] as number));
    }
    return { kind: "linear", coefficients: alpha, shrink };
  },
});
