/**
 * Clipping around the own model, the step that CS+, ClippedGossip and ARC share: v_j <- own + min(1, r / d_j) (v_j - own),
 * d_j = |v_j - own|. They differ in how the radius r is chosen.
 */

import type { CandidateStatus, RuleInput, RuleOutput } from "../seams.ts";
import { UNIT_WEIGHT } from "../weight.ts";
import { combine, vectorsOf } from "./combine.ts";
import { distance } from "./distances.ts";

/** d_1 .. d_m. O(m d). */
export function lengthsFrom(own: Float32Array, vectors: readonly Float32Array[]): Float64Array {
  return Float64Array.from(vectors, (vector) => distance(vector, own));
}

/** The (count + 1)-th largest of `lengths`: the radius that shortens `count` of them, fewer where some are equal. */
export function radiusThatClips(count: number, lengths: Float64Array): number {
  return lengths.toSorted()[lengths.length - count - 1] as number;
}

/** min(1, r / d_j). */
export function clipFactors(lengths: Float64Array, radius: number): Float64Array {
  return lengths.map((length) => (length > radius ? radius / length : 1));
}

/** `clipped` where a candidate was shortened, else `used`. */
export function clipStatuses(factors: Float64Array): CandidateStatus[] {
  return Array.from(factors, (factor) => (factor < 1 ? "clipped" : "used"));
}

/** Staleness-weighted mean of own model (weight 1) and clipped candidates. O(m d). */
export function clippedMean({ own, candidates }: RuleInput, lengths: Float64Array, radius: number): RuleOutput {
  const total = candidates.reduce((sum, { weightQ16 }) => sum + weightQ16, UNIT_WEIGHT);
  const factors = clipFactors(lengths, radius);
  const coefficients = Float64Array.from(
    candidates,
    ({ weightQ16 }, j) => (weightQ16 / total) * (factors[j] as number),
  );
  return { params: combine(own, vectorsOf(candidates), coefficients), statuses: clipStatuses(factors) };
}
