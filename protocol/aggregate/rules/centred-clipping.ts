/**
 * Centred clipping: from a centre c, the mean of what pulls at it, each pull shortened to tau; some times over.
 *
 *     c <- c + sum_i w_i min(1, tau / |z_i - c|) (z_i - c) / sum_i w_i,   c = own at first
 *
 * Karimireddy, He, Jaggi, ICML 2021 (arXiv 2012.10333), whose centre is the last aggregate and whose tau is a constant of the task. Here
 * the own model is the centre, so that one step is a clipped gossip step, and tau = 0 stands for the median distance to it, which needs no
 * tuning. w_i is the mass. Breakdown: a liar moves the result by tau / n a step at most; needs a centre near the honest. A candidate
 * shortened at the last step is `clipped`. O(m^2 d) time.
 */

import { clipFactors } from "../rows/clip.ts";
import { innerProductsOf, lengthsOf, rowsOf } from "../rows/crowd.ts";
import { distancesFrom } from "../rows/point.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

export const centredClipping: SettledRule = settled({
  name: "centred-clipping",
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
