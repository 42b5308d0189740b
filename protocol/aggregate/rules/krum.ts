import { ASSUMED_SHARE } from "../rows/assumed-liars.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";
import { bestRows, krumLiars } from "./multi-krum.ts";

/**
 * Krum: the one row with the best score of `multi-krum`.
 *
 *     y = the z_i with the least score(i), i = 0 .. m
 *
 * where score(i) is the sum of the squared distances to the n - b - 2 nearest other rows; z_0 is the own model, z_1 .. z_m are the
 * candidates, n = m + 1. All candidates but the chosen one are `removed`; all of them where the own model is chosen.
 *
 * Breakdown as `multi-krum`: 2 b + 2 < n. The aggregate is one of the models, so it has the noise of a single one and, under skew, its
 * labels. O(m^2 d) time. Parameter `f`: the assumed share of liars.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017 (arXiv 1703.02757).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { krum } from "hearsay/protocol/aggregate/rules/krum";
 * const input = ruleInput([0, 3], [[1, 0], [2, 0], [1, 1], [90, 90]]); // own model, three honest candidates, a liar
 * krum.aggregate(input, { f: 0.2 }).params; // -> [1, 0]
 * krum.aggregate(input, { f: 0.2 }).statuses; // -> ["used", "removed", "removed", "removed"]
 */
export const krum: SettledRule = settled({
  name: "krum",
  about: "the one model that lies nearest to its neighbours",
  minCandidates: 4,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => meanOf(crowd.masses, new Set(bestRows(crowd, krumLiars(crowd, f as number), 1))),
});
