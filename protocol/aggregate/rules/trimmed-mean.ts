/**
 * Coordinate-wise trimmed mean: of the values of a coordinate (own and candidates), drop the b largest and the b smallest and average
 * the rest.
 *
 * Yin, Chen, Ramchandran, Bartlett 2018 (arXiv 1803.01498), definition 2. Breakdown: while the liars are at most b, each
 * coordinate stays between two honest ones; one more can move it anywhere. Neither staleness nor mass counts: dropping a number of
 * values has no weighted form of which the bound holds. No candidate is dropped as a whole, so all are `used`.
 * O(d m log^2 m) time.
 */

import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { rowsOf } from "../rows/crowd.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

export const trimmedMean: SettledRule = settled({
  name: "trimmed-mean",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => ({
    kind: "coordinates",
    reduction: { kind: "trimmed-mean", n: rowsOf(crowd), trim: liarsAmong(crowd, f as number) },
  }),
});
