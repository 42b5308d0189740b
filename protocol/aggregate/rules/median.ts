/**
 * Coordinate-wise median of own model and candidates, each counting by its mass, not by its age; where half of them lie on either
 * side, the midpoint of the two in the middle.
 *
 * Yin, Chen, Ramchandran, Bartlett 2018 (arXiv 1803.01498). Breakdown point 1/2: while the liars are fewer, each coordinate stays
 * between two honest ones. Loses information where honest models differ much (label skew). O(d m log^2 m) time.
 */

import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { medianOf } from "./weighted-median.ts";

export const median: SettledRule = settled({
  name: "median",
  minCandidates: 1,
  parameters: {},
  settle: ({ masses }) => medianOf(masses),
});
