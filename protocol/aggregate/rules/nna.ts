import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { type Crowd, lengthsOf } from "../rows/crowd.ts";
import { smallest } from "../rows/neighbours.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";

/**
 * Nearest neighbour averaging: drop the b candidates farthest from the own model, take the mean by mass of the own model and the rest.
 *
 *     y = sum p_j z_j / sum p_j over z_0 = own and the m - b candidates with the least |z_j - own|
 *
 * where z_1 .. z_m are the candidates, p_j is the mass and b is the assumed number of liars (`assumedLiars`). Staleness weights do not
 * count; `sc-wmean` is the same with them. A dropped candidate is `removed`; of two that are equally far, the lower index stays.
 *
 * Breakdown: while the liars are at most b, the result lies no farther from the own model than the farthest honest candidate. Liars at the
 * distance of the honest models are kept, and push honest ones out. O(m d) time. Parameter `f`: the assumed share of liars.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Farhadkhani, Guerraoui, Gupta, Hoang, Pinot, Stephan, ICML 2023 (MoNNA, arXiv 2210.08934).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { nna } from "hearsay/protocol/aggregate/rules/nna";
 * const input = ruleInput([0, 0], [[3, 0], [0, 3], [90, 90]]); // own model, two honest candidates, a liar
 * nna.aggregate(input, { f: 0.2 }).params; // -> [1, 1]
 * nna.aggregate(input, { f: 0.2 }).statuses; // -> ["used", "used", "removed"]
 */
export const nna: SettledRule = settled({
  name: "nna",
  about: "the mean by mass of the own model and the candidates nearest to it",
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
