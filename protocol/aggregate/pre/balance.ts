/**
 * The gate of BALANCE before a rule: a candidate passes if it is near enough to the own model, and must be nearer as training goes on.
 *
 *     |v_j - own| <= gamma exp(-kappa lambda) |own|,   lambda = min(1, age / horizon)
 *
 * Fang et al., CCS 2024 (arXiv 2406.10416), with their gamma and kappa; they take the round over the number of rounds for lambda, for which
 * the age of the own model over `horizon` local steps stands here. Assumes no share of liars, so that a flood of them does not help;
 * but it needs a common start and a horizon, and under skew it shuts out the honest. A candidate that does not pass is `removed`;
 * where none does, the own model stays. Their merge is `balance+mean` with a `blend` of 0.5. O(m d) time.
 */

import { keepOnly } from "../rows/crowd.ts";
import type { PreAggregator } from "../rows/rule.ts";

export const balance: PreAggregator = {
  name: "balance",
  order: 0,
  parameters: {
    gamma: { default: 0.3, min: 0, max: 100, about: "farthest distance that passes, of the length of the own model" },
    kappa: { default: 1, min: 0, max: 100, about: "how fast that shrinks" },
    horizon: { default: 10_000, min: 1, max: 1e12, about: "local steps after which it shrinks no more" },
  },
  minCandidates: (needed) => needed,
  apply(crowd, parameters) {
    const { gamma, kappa, horizon } = parameters as { gamma: number; kappa: number; horizon: number };
    const own = crowd.vectors[0] as Float32Array;
    const lambda = Math.min(1, (crowd.input.age ?? 0) / horizon);
    const zero = new Float32Array(own.length);
    const square = crowd.passes.squaredLengths([zero, own])[0] as number;
    const factor = gamma * decay(kappa * lambda);
    const most = factor * factor * square;
    const squares = crowd.squaredLengths();
    return keepOnly(crowd, (j) => (squares[j] as number) <= most, "balance");
  },
};

/** e^-x, x >= 0, by operations whose result is the same everywhere: (1 + x / 2^20)^(-2^20), off by less than x^2 / 2^20. */
function decay(x: number): number {
  let power = 1 / (1 + x / 2 ** 20);
  for (let doubling = 0; doubling < 20; doubling++) power *= power;
  return power;
}
