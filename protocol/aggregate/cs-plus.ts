/**
 * CS+ (clipped sum): shorten the 2 b candidates farthest from the own model to the distance of the next, then take the
 * staleness-weighted mean with own (weight 1).
 *
 *     r = the (min(2 b, m - 1) + 1)-th largest d_j;   y = own + sum_j w_j min(1, r / d_j) (v_j - own) / (1 + sum_j w_j)
 *
 * Gaucher, Dieuleveut, Hendrikx, ICML 2025 (arXiv 2410.10418), with staleness weights and the mean for the step size. 2 b, so
 * that b liars who come close cannot make room for the honest to be left unclipped. Breakdown: while the liars are at most b,
 * the result lies no farther from the own model than the (b+1)-th farthest honest candidate; a majority within that ball
 * steers it. A shortened candidate is `clipped`. O(m d) time.
 */

import { ASSUMED_SHARE, assumedLiars } from "./assumed-liars.ts";
import { clippedMean, lengthsFrom, radiusThatClips } from "./clip.ts";
import { vectorsOf } from "./combine.ts";
import { checkInput } from "./input.ts";
import type { Rule } from "./rule.ts";

export const csPlus: Rule = {
  name: "cs-plus",
  minCandidates: 3,
  parameters: { f: ASSUMED_SHARE },
  aggregate(input, parameters) {
    checkInput(input);
    const { own, candidates } = input;
    const { f } = parameters as { f: number };
    const m = candidates.length;
    if (m === 0) return clippedMean(input, new Float64Array(0), 0);
    const lengths = lengthsFrom(own, vectorsOf(candidates));
    return clippedMean(input, lengths, radiusThatClips(Math.min(2 * assumedLiars(f, m), m - 1), lengths));
  },
};
