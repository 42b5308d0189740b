/**
 * Coordinate-wise median of own model and candidates, all with equal weight; of an even number, the midpoint of the two in
 * the middle.
 *
 * Yin, Chen, Ramchandran, Bartlett 2018 (arXiv 1803.01498). Breakdown point 1/2 of the m + 1 vectors: while the liars are
 * fewer, each coordinate stays between two honest ones. Loses information where honest models differ much (label skew).
 * O(d m log^2 m) time by a kernel; a chunk of each vector of memory besides the result.
 */

import { coordinateMedian } from "./coordinate-median.ts";
import { checkInput } from "./input.ts";
import type { Rule } from "./rule.ts";

export const median: Rule = {
  name: "median",
  minCandidates: 1,
  parameters: {},
  aggregate(input) {
    checkInput(input);
    const rows = [input.own, ...input.candidates.map(({ params }) => params)];
    const params = coordinateMedian(
      rows,
      rows.map(() => 1),
    );
    return { params, statuses: input.candidates.map(() => "used") };
  },
};
