/**
 * MeaMed, the mean around the median: of the n values of a coordinate (own and candidates), average the n - b nearest to their median.
 *
 * Xie, Koyejo, Gupta 2018 (arXiv 1802.10116), "mean-around-median". Breakdown: while the liars are at most b < n / 2, the values that
 * are kept are no farther from the median than the honest, and the median lies between two of those. Neither staleness nor mass
 * counts, as in the trimmed mean. All candidates are `used`. O(d m log^2 m) time.
 */

import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { rowsOf } from "../rows/crowd.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

export const meamed: SettledRule = settled({
  name: "meamed",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => ({
    kind: "coordinates",
    reduction: { kind: "mean-around-median", n: rowsOf(crowd), keep: rowsOf(crowd) - liarsAmong(crowd, f as number) },
  }),
});
