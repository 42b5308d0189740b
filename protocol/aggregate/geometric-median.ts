/**
 * Smoothed geometric median of own model and candidates: the z that minimises sum_i max(nu, |z - v_i|), nearly, by a fixed
 * number of Weiszfeld steps from the mean:
 *
 *     z <- sum_i beta_i v_i / sum_i beta_i,   beta_i = 1 / max(nu, |z - v_i|)
 *
 * RFA: Pillutla, Kakade, Harchaoui, IEEE Transactions on Signal Processing 2022 (arXiv 1912.13445). Breakdown point 1/2 of the
 * m + 1 vectors: while the liars are fewer, the result stays within a bounded distance of the honest; after few steps, or with
 * liars absurdly far away, the start from the mean still shows. Staleness weights are not used. All candidates are `used`.
 *
 * Every z is own + sum_j alpha_j x_j with x_j = v_j - own, so that the steps run on alpha and the Gram matrix G of the x_j:
 * |z - v_i|^2 = G_ii - 2 (G alpha)_i + alpha' G alpha. O(m^2 d + iterations m^2) time.
 */

import { combine, vectorsOf } from "./combine.ts";
import { gramOfDifferences } from "./distances.ts";
import { checkInput } from "./input.ts";
import type { Rule } from "./rule.ts";

export const geometricMedian: Rule = {
  name: "geometric-median",
  minCandidates: 2,
  parameters: {
    iterations: { default: 32, min: 1, max: 1000, about: "Weiszfeld steps; a fraction is cut off" },
    nu: { default: 1e-6, min: 1e-12, max: 1e6, about: "distances below this count as this" },
  },
  aggregate(input, parameters) {
    checkInput(input);
    const { own, candidates } = input;
    const { iterations, nu } = parameters as { iterations: number; nu: number };
    const vectors = vectorsOf(candidates);
    const alpha = weiszfeld(gramOfDifferences(own, vectors), vectors.length, Math.floor(iterations), nu);
    return { params: combine(own, vectors, alpha), statuses: candidates.map(() => "used") };
  },
};

/** alpha_1 .. alpha_m; what is missing to 1 is the share of the own model, whose x is 0. */
function weiszfeld(gram: Float64Array, m: number, iterations: number, nu: number): Float64Array {
  const alpha = new Float64Array(m).fill(1 / (m + 1));
  const product = new Float64Array(m);
  for (let step = 0; step < iterations; step++) {
    let square = 0; // |z - own|^2
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += (gram[i * m + j] as number) * (alpha[j] as number);
      product[i] = sum;
      square += sum * (alpha[i] as number);
    }
    const ownBeta = 1 / Math.max(nu, Math.sqrt(Math.max(0, square)));
    let total = ownBeta;
    for (let i = 0; i < m; i++) {
      const squaredLength = (gram[i * m + i] as number) - 2 * (product[i] as number) + square;
      const beta = 1 / Math.max(nu, Math.sqrt(Math.max(0, squaredLength)));
      alpha[i] = beta;
      total += beta;
    }
    for (let i = 0; i < m; i++) alpha[i] = (alpha[i] as number) / total;
  }
  return alpha;
}
