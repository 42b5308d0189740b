/**
 * Staleness-weighted coordinate-wise median of own model (weight 1) and candidates. The weights are Q16 integers, so that
 * ties are decided exactly, and alike in every language.
 *
 * Breakdown: with liars at weight 1 and honest models at mean weight w, up to the share w / (1 + w) of liars; a weight floor
 * of 0.8 keeps that above 0.44. O(d m log^2 m) time by a kernel; a chunk of each vector of memory besides
 * the result.
 */

import { UNIT_WEIGHT } from "../weight.ts";
import { coordinateMedian } from "./coordinate-median.ts";
import { checkInput } from "./input.ts";
import type { Rule } from "./rule.ts";

export const weightedMedian: Rule = {
  name: "weighted-median",
  minCandidates: 1,
  parameters: {},
  aggregate(input) {
    checkInput(input);
    const { own, candidates } = input;
    const params = coordinateMedian(
      [own, ...candidates.map(({ params }) => params)],
      [UNIT_WEIGHT, ...candidates.map(({ weightQ16 }) => weightQ16)],
    );
    return { params, statuses: candidates.map(() => "used") };
  },
};
