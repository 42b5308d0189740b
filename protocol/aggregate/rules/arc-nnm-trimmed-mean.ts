/**
 * ARC, then NNM, then the trimmed mean: the strongest published pipeline (Allouah et al. 2024, arXiv 2405.14432), here around the own
 * model. The same as `arc+nnm+trimmed-mean`.
 *
 * Breakdown: while the liars are at most b, every coordinate of the result lies within r of the own model's, and r is at most the
 * distance of the farthest honest candidate; a bad draw with more than b liars undoes it. O(m^2 d) time.
 */

import { arc } from "../pre/arc.ts";
import { nnm } from "../pre/nnm.ts";
import type { Rule } from "../rows/rule.ts";
import { composed } from "../rows/settle.ts";
import { trimmedMean } from "./trimmed-mean.ts";

export const arcNnmTrimmedMean: Rule = composed("arc-nnm-trimmed-mean", [arc, nnm], trimmedMean);
