import { keepOnly } from "../rows/crowd.ts";
import type { PreAggregator } from "../rows/rule.ts";

/**
 * The gate of BALANCE before a rule: a candidate passes if it is near enough to the own model, and must be nearer as training goes on.
 *
 *     z_j passes where |z_j - own| <= gamma exp(-kappa lambda) |own|,   lambda = min(1, age / horizon)
 *
 * where z_j is a candidate and age that of the own model, in local steps. A candidate that does not pass is `removed`; where none does, the
 * own model stays.
 *
 * It assumes no share of liars, so that a flood of them does not help. But it needs a common start and a horizon, and under skew it shuts
 * out honest models. O(m d) time. Parameters: `gamma`, `kappa`, `horizon`. In the paper lambda is the round over the number of rounds; the
 * paper's merge is `balance+mean` with a `blend` of 0.5.
 *
 * @throws nothing; the rule behind it checks the input.
 * @see Fang et al., CCS 2024 (arXiv 2406.10416), with their gamma and kappa.
 * @example
 * import { findRule } from "hearsay/protocol/aggregate/registry";
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * const input = ruleInput([12, 0], [[15, 0], [12, 3], [90, 0]]); // own model, two honest candidates, a liar
 * const rule = findRule("balance+mean");
 * rule.aggregate(input, { gamma: 0.3, kappa: 1, horizon: 10000 }).params; // -> [13, 1]
 * rule.aggregate(input, { gamma: 0.3, kappa: 1, horizon: 10000 }).statuses; // -> ["used", "used", "removed"]
 */
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
