import { power } from "../../base/exp-log.ts";
import type { OptimiserKind } from "./optimiser.ts";

/** What a task has that does not say otherwise: the values of the paper. */
export const ADAM_DEFAULTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/**
 * Adam, without decay of weights. In step t of a training
 *
 *     m <- beta1 m + (1 - beta1) g
 *     v <- beta2 v + (1 - beta2) g g
 *     x <- x - rate_t m / (sqrt(v) + epsilon_t)
 *     rate_t = rate sqrt(1 - beta2^t) / (1 - beta1^t),  epsilon_t = epsilon sqrt(1 - beta2^t)
 *
 * which is algorithm 1 of the paper, multiplied out: m / (1 - beta1^t) over sqrt(v / (1 - beta2^t)) + epsilon.
 * @see Kingma, Ba, Adam: a method for stochastic optimization, ICLR 2015 (arXiv 1412.6980).
 * @example
 * import { adam } from "hearsay/protocol/learn/optimisers/adam";
 * const arithmetic = { add: (a, b) => a + b, mul: (a, b) => a * b, div: (a, b) => a / b, sqrt: Math.sqrt };
 * const optimiser = adam.create({ momentum: 0 });
 * const scalars = optimiser.scalars(1, 0.1);
 * const slots = optimiser.advance(arithmetic, 7, [0, 0], scalars);
 * const first = optimiser.change(arithmetic, 7, slots, scalars);
 * // The first step is as long as the rate, whatever the gradient.
 * Math.abs(first - 0.1) < 1e-6; // -> true
 */
export const adam: OptimiserKind = {
  name: "adam",
  about: "each parameter by the mean of its gradients over the root of their mean square",
  create({ adam: given }) {
    const { beta1, beta2, epsilon } = given ?? ADAM_DEFAULTS;
    return {
      name: "adam",
      slots: 2,
      scalars(step, learningRate) {
        const root = Math.sqrt(1 - power(beta2, step));
        const rate = (learningRate * root) / (1 - power(beta1, step));
        return [rate, epsilon * root, beta1, 1 - beta1, beta2, 1 - beta2];
      },
      advance({ add, mul }, g, [m = g, v = g], [, , keep1 = g, take1 = g, keep2 = g, take2 = g]) {
        return [add(mul(keep1, m), mul(take1, g)), add(mul(keep2, v), mul(take2, mul(g, g)))];
      },
      change: ({ add, mul, div, sqrt }, g, [m = g, v = g], [rate = g, least = g]) =>
        mul(rate, div(m, add(sqrt(v), least))),
    };
  },
};
