/**
 * Staleness-weighted coordinate-wise median of own model (weight 1) and candidates, weights times mass. They are integers, so
 * that ties are decided exactly, and alike in every language.
 *
 * Breakdown: with liars at weight 1 and honest models at mean weight w, up to the share w / (1 + w) of liars; a weight floor
 * of 0.8 keeps that above 0.44. O(d m log^2 m) time.
 */

import { wholeWeights } from "../rows/half-weight.ts";
import type { Outcome, SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

export const weightedMedian: SettledRule = settled({
  name: "weighted-median",
  minCandidates: 1,
  parameters: {},
  settle: ({ weights }) => medianOf(weights),
});

/** The median of each coordinate of the rows, by weights that are whole numbers. */
export function medianOf(weights: Float64Array): Outcome {
  return { kind: "coordinates", reduction: { kind: "median", weights: wholeWeights(weights), tolerance: 0 } };
}
