/**
 * Smoothed geometric median of own model and candidates: the z that minimises sum_i w_i max(nu, |z - v_i|), nearly, by a fixed
 * number of Weiszfeld steps from the mean:
 *
 *     z <- sum_i beta_i v_i / sum_i beta_i,   beta_i = w_i / max(nu, |z - v_i|)
 *
 * RFA: Pillutla, Kakade, Harchaoui, IEEE Transactions on Signal Processing 2022 (arXiv 1912.13445); w_i is the mass. Breakdown point 1/2
 * of the mass: while the liars have less, the result stays within a bounded distance of the honest; after few steps, or with
 * liars absurdly far away, the start from the mean still shows. Staleness weights are not used. All candidates are `used`.
 *
 * Every z is own + sum_i alpha_i x_i with x_i = z_i - own, so that the steps run on alpha and the inner products G of the x_i:
 * |z - z_i|^2 = G_ii - 2 (G alpha)_i + alpha' G alpha. O(m^2 d + iterations m^2) time.
 */

import { innerProductsOf } from "../rows/crowd.ts";
import { distancesFrom } from "../rows/point.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

export const geometricMedian: SettledRule = settled({
  name: "geometric-median",
  minCandidates: 2,
  parameters: {
    iterations: { default: 32, min: 1, max: 1000, about: "Weiszfeld steps; a fraction is cut off" },
    nu: { default: 1e-6, min: 1e-12, max: 1e6, about: "distances below this count as this" },
  },
  settle(crowd, parameters) {
    const { iterations, nu } = parameters as { iterations: number; nu: number };
    const inner = innerProductsOf(crowd);
    const { masses } = crowd;
    let alpha = normalised(masses);
    for (let step = 1; step <= iterations; step++) {
      const distances = distancesFrom(alpha, inner);
      alpha = normalised(masses.map((mass, i) => mass / Math.max(nu, distances[i] as number)));
    }
    return { kind: "linear", coefficients: alpha };
  },
});

function normalised(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
