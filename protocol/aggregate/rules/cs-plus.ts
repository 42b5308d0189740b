/**
 * CS+ (clipped sum): shorten the 2 b candidates farthest from the own model to the distance of the next, then take the
 * staleness-weighted mean with own (weight 1), weights times mass.
 *
 *     r = the (min(2 b, m - 1) + 1)-th largest d_j;   y = own + sum_j w_j min(1, r / d_j) (v_j - own) / (1 + sum_j w_j)
 *
 * Gaucher, Dieuleveut, Hendrikx, ICML 2025 (arXiv 2410.10418), with staleness weights and the mean for the step size. 2 b, so
 * that b liars who come close cannot make room for the honest to be left unclipped. Breakdown: while the liars are at most b,
 * the result lies no farther from the own model than the (b+1)-th farthest honest candidate; a majority within that ball
 * steers it. A shortened candidate is `clipped`. O(m d) time.
 */

import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { clippedMean, radiusThatClips } from "../rows/clip.ts";
import { lengthsOf } from "../rows/crowd.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

export const csPlus: SettledRule = settled({
  name: "cs-plus",
  minCandidates: 3,
  parameters: { f: ASSUMED_SHARE },
  settle(crowd, { f }) {
    const lengths = lengthsOf(crowd);
    const clipped = Math.min(2 * liarsAmong(crowd, f as number), lengths.length - 1);
    return clippedMean(crowd, lengths, radiusThatClips(clipped, lengths));
  },
});
