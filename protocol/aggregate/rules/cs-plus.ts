import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { clippedMean, radiusThatClips } from "../rows/clip.ts";
import { lengthsOf } from "../rows/crowd.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

/**
 * CS+ (clipped sum): shorten the 2 b candidates farthest from the own model to the distance of the next, then take the staleness-weighted
 * mean.
 *
 *     r = the (min(2 b, m - 1) + 1)-th largest d_j;   y = own + sum_j w_j min(1, r / d_j) (z_j - own) / (w_0 + sum_j w_j)
 *
 * where z_1 .. z_m are the candidates, d_j = |z_j - own|, w_j = s_j p_j (staleness weight / 65536 times mass, s_0 = 1), and b is the
 * assumed number of liars (`assumedLiars`). 2 b are shortened, so that b liars that come close do not leave b honest models unclipped. A
 * shortened candidate is `clipped`.
 *
 * Breakdown: while the liars are at most b, the result lies no farther from the own model than the (b + 1)-th farthest honest candidate. A
 * majority within that ball steers it. O(m d) time. Parameter `f`: the assumed share of liars.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Gaucher, Dieuleveut, Hendrikx, ICML 2025 (arXiv 2410.10418), here with staleness weights, and with the mean for the step size.
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { csPlus } from "hearsay/protocol/aggregate/rules/cs-plus";
 * const input = ruleInput([0, 0], [[4, 0], [0, 8], [90, 0]]); // own model, two honest candidates, a liar
 * csPlus.aggregate(input, { f: 0.2 }).params; // -> [2, 1]
 * csPlus.aggregate(input, { f: 0.2 }).statuses; // -> ["used", "clipped", "clipped"]
 */
export const csPlus: SettledRule = settled({
  name: "cs-plus",
  about: "the mean around the own model, the farthest candidates shortened to the distance of the next",
  minCandidates: 3,
  parameters: { f: ASSUMED_SHARE },
  settle(crowd, { f }) {
    const lengths = lengthsOf(crowd);
    const clipped = Math.min(2 * liarsAmong(crowd, f as number), lengths.length - 1);
    return clippedMean(crowd, lengths, radiusThatClips(clipped, lengths));
  },
});
