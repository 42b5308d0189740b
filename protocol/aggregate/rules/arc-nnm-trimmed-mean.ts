import { arc } from "../pre/arc.ts";
import { nnm } from "../pre/nnm.ts";
import type { Rule } from "../rows/rule.ts";
import { composed } from "../rows/settle.ts";
import { trimmedMean } from "./trimmed-mean.ts";

/**
 * ARC, then NNM, then the trimmed mean: the strongest published pipeline, here around the own model. The same as `arc+nnm+trimmed-mean`.
 *
 *     z_j <- own + min(1, r / |z_j - own|) (z_j - own)     `arc`: r is the length of the next that is not shortened
 *     z_i <- mean of the n - b rows nearest to z_i         `nnm`
 *     y_c = mean of z_0c .. z_mc without the b largest and the b smallest, for each coordinate c
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, n = m + 1 and b is the assumed number of liars (`assumedLiars`). Mass counts
 * in the mixing, staleness weights do not count. A candidate that ARC shortened is `clipped`.
 *
 * Breakdown: while the liars are at most b, every coordinate of the result lies within r of the own model's, and r is at most the distance
 * of the farthest honest candidate. A bad draw with more than b liars undoes it. O(m^2 d) time. Parameter `f`: the assumed share of liars.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Allouah, Guerraoui, Gupta, Jellouli, Rizk, Stephan 2024 (arXiv 2405.14432).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { arcNnmTrimmedMean } from "hearsay/protocol/aggregate/rules/arc-nnm-trimmed-mean";
 * const input = ruleInput([0, 0], [[3, 0], [0, 3], [90, 90]]); // own model, two honest candidates, a liar
 * const { params, statuses } = arcNnmTrimmedMean.aggregate(input, { f: 0.2 });
 * params.every((value) => Math.abs(value) <= 3); // -> true
 * statuses; // -> ["used", "used", "clipped"]
 */
export const arcNnmTrimmedMean: Rule = {
  ...composed("arc-nnm-trimmed-mean", [arc, nnm], trimmedMean),
  about: "shortens the longest, mixes each with those nearest to it, then the trimmed mean: arc+nnm+trimmed-mean",
};
