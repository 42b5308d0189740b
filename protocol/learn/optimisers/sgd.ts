import type { Optimiser, OptimiserKind } from "./optimiser.ts";

/** x <- x - rate g. */
const plain: Optimiser = {
  name: "sgd",
  slots: 0,
  scalars: (_, learningRate) => [learningRate],
  advance: () => [],
  change: ({ mul }, gradient, _, [rate = gradient]) => mul(rate, gradient),
};

/** v <- momentum v + g, x <- x - rate v. */
export function heavyBall(momentum: number): Optimiser {
  return {
    name: "momentum",
    slots: 1,
    scalars: (_, learningRate) => [learningRate, momentum],
    advance: ({ add, mul }, gradient, [v = gradient], [, keep = gradient]) => [add(mul(keep, v), gradient)],
    change: ({ mul }, gradient, [v = gradient], [rate = gradient]) => mul(rate, v),
  };
}

/**
 * Stochastic gradient descent; with `momentum` above 0 the same as the optimiser of that name, as older tasks have it.
 * @example
 * import { sgd } from "hearsay/protocol/learn/optimisers/sgd";
 * const arithmetic = { add: (a, b) => a + b, mul: (a, b) => a * b, div: (a, b) => a / b, sqrt: Math.sqrt };
 * const { change, scalars } = sgd.create({ momentum: 0 });
 * change(arithmetic, 3, [], scalars(1, 0.5)); // -> 1.5
 */
export const sgd: OptimiserKind = {
  name: "sgd",
  about: "along the gradient",
  create: ({ momentum }) => (momentum === 0 ? plain : heavyBall(momentum)),
};
