/**
 * Coordinate-wise trimmed mean: of the n = m + 1 values of a coordinate (own and candidates), drop the b largest and the b
 * smallest and average the rest.
 *
 * Yin, Chen, Ramchandran, Bartlett 2018 (arXiv 1803.01498), definition 2. Breakdown: while the liars are at most b, each
 * coordinate stays between two honest ones; one more can move it anywhere. Staleness weights are not used: dropping a count
 * of values has no weighted form of which the bound holds. No candidate is dropped as a whole, so all are `used`.
 * O(m^2 d) time, O(m) memory besides the result.
 */

import { ASSUMED_SHARE, assumedLiars } from "./assumed-liars.ts";
import { checkInput } from "./input.ts";
import type { Rule } from "./rule.ts";
import { createTrimmedMean } from "./trim.ts";

export const trimmedMean: Rule = {
  name: "trimmed-mean",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  aggregate(input, parameters) {
    checkInput(input);
    const { own, candidates } = input;
    const { f } = parameters as { f: number };
    const rows = [own, ...candidates.map(({ params }) => params)];
    const n = rows.length;
    const trimmed = createTrimmedMean(n, assumedLiars(f, candidates.length));
    const column = new Float64Array(n);
    const params = new Float32Array(own.length);
    for (let i = 0; i < params.length; i++) {
      for (let t = 0; t < n; t++) column[t] = (rows[t] as Float32Array)[i] as number;
      params[i] = Math.fround(trimmed(column)) + 0;
    }
    return { params, statuses: candidates.map(() => "used") };
  },
};
