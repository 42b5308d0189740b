/**
 * Nearest neighbour averaging: drop the b candidates farthest from the own model, take the mean of own and the rest.
 *
 * Farhadkhani, Guerraoui, Gupta, Hoang, Pinot, Stephan, ICML 2023 (MoNNA, arXiv 2210.08934). Breakdown: while the liars are at most
 * b, the result lies no farther from the own model than the farthest honest candidate. Liars at the distance of the honest ones
 * are kept, and push the honest out. Counts by mass; `sc-wmean` is the same with staleness weights. A dropped candidate is
 * `removed`; ties keep the lower index. O(m d) time.
 */

import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { type Crowd, lengthsOf } from "../rows/crowd.ts";
import { smallest } from "../rows/neighbours.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";

export const nna: SettledRule = settled({
  name: "nna",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => meanOf(crowd.masses, nearestRows(crowd, f as number)),
});

/** The rows that are left, the own one first, when the b farthest from the own model are dropped. */
export function nearestRows(crowd: Crowd, f: number): ReadonlySet<number> {
  const lengths = lengthsOf(crowd);
  const kept = smallest(lengths, lengths.length - liarsAmong(crowd, f));
  return new Set([0, ...kept.map((j) => j + 1)]);
}
