import { innerProductsOf } from "../rows/crowd.ts";
import { distancesFrom } from "../rows/point.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

/**
 * Smoothed geometric median (RFA): the point z with the least sum_j p_j max(nu, |z - z_j|), nearly, by a fixed number of Weiszfeld steps.
 *
 *     z = sum_j p_j z_j / sum_j p_j; then `iterations` times: z <- sum_j a_j z_j / sum_j a_j, a_j = p_j / max(nu, |z - z_j|)
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, and p_j is the mass of z_j. Staleness weights do not count. All candidates are
 * `used`.
 *
 * Breakdown point 1/2 of the mass: while the liars have less, the result stays within a bounded distance of the honest models. After few
 * steps, or with liars absurdly far away, the start from the mean still shows. O(m^2 d + iterations m^2) time. Parameters: `iterations`,
 * the number of steps; `nu`, the least distance.
 *
 * Every z is own + sum_i alpha_i x_i with x_i = z_i - own, so that the steps run on alpha and the inner products G of the x_i: |z - z_i|^2
 * = G_ii - 2 (G alpha)_i + alpha' G alpha.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Pillutla, Kakade, Harchaoui, IEEE Transactions on Signal Processing 2022 (arXiv 1912.13445).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { geometricMedian } from "hearsay/protocol/aggregate/rules/geometric-median";
 * const input = ruleInput([0, 0], [[0, 0], [0, 0], [90, 90]]); // own model, two honest candidates, a liar
 * const { params } = geometricMedian.aggregate(input, { iterations: 32, nu: 1e-6 });
 * params.every((value) => Math.abs(value) < 1e-3); // -> true
 */
export const geometricMedian: SettledRule = settled({
  name: "geometric-median",
  about: "the point with the least sum of distances to all models, nearly",
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
