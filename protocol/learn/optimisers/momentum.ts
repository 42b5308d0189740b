import type { OptimiserKind } from "./optimiser.ts";
import { heavyBall } from "./sgd.ts";

/**
 * Heavy ball: v <- momentum v + g, x <- x - rate v. In the long run a step is 1 / (1 - momentum) times as long as that of plain descent.
 * @see Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
 * @example
 * import { momentum } from "hearsay/protocol/learn/optimisers/momentum";
 * const arithmetic = { add: (a, b) => a + b, mul: (a, b) => a * b, div: (a, b) => a / b, sqrt: Math.sqrt };
 * const ball = momentum.create({ momentum: 0.5 });
 * // 0.5 x 2 + 3
 * ball.advance(arithmetic, 3, [2], ball.scalars(1, 0.1)); // -> [4]
 */
export const momentum: OptimiserKind = {
  name: "momentum",
  about: "along a running sum of the gradients (heavy ball)",
  create: (settings) => heavyBall(settings.momentum),
};
