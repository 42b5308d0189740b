/**
 * Clipping around the own model, the step that CS+, ClippedGossip and ARC share: z_j <- own + min(1, r / d_j) (z_j - own),
 * d_j = |z_j - own|. They differ in how the radius r is chosen.
 */

import type { Crowd } from "./crowd.ts";
import type { Outcome } from "./rule.ts";

/** The (count + 1)-th largest of `lengths`: the radius that shortens `count` of them, fewer where some are equal. */
export function radiusThatClips(count: number, lengths: Float64Array): number {
  return lengths.toSorted()[lengths.length - count - 1] as number;
}

/** min(1, r / d_j). */
export function clipFactors(lengths: Float64Array, radius: number): Float64Array {
  return lengths.map((length) => (length > radius ? radius / length : 1));
}

/** Weighted mean of the own row and the clipped others, whose `lengths` are given. */
export function clippedMean({ weights }: Crowd, lengths: Float64Array, radius: number): Outcome {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shrink = Float64Array.of(1, ...clipFactors(lengths, radius));
  return { kind: "linear", coefficients: weights.map((weight, i) => (weight / total) * (shrink[i] as number)), shrink };
}
