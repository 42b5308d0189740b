/**
 * Clipping of gradients by their norm, where the task asks for it (`training.maxGradientNorm`): the gradient of a batch keeps its direction, and is no longer than the bound,
 *
 *     g <- g min(1, maxGradientNorm / |g|),   |g| over all parameters together
 *
 * before the optimiser sees it. A first training far from any minimum has gradients that are ten times as long as later ones. One step along such a gradient can
 * switch units of a relu network off for all rows, and they stay off.
 *
 * Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks, ICML 2013 (arXiv 1211.5063), algorithm 1. It hides nobody's data: `private-steps.ts` cuts the gradient of each row.
 */

/**
 * By what a gradient is multiplied, in float32; 1 where it is no longer than the bound. A gradient that is not finite stays as it is: no factor mends it.
 * @param squared the squared norm of the gradient, in float64.
 * @example
 * import { clippingFactor } from "hearsay/protocol/learn/optimisers/clipping";
 * clippingFactor(16, 1); // -> 0.25
 * clippingFactor(0.5, 1); // -> 1
 */
export function clippingFactor(squared: number, maxGradientNorm: number): number {
  const isLonger = squared > maxGradientNorm * maxGradientNorm && squared < Number.POSITIVE_INFINITY;
  return isLonger ? Math.fround(maxGradientNorm / Math.sqrt(squared)) : 1;
}
