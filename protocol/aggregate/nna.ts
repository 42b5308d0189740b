/**
 * Nearest neighbour averaging: drop the b candidates farthest from the own model, take the staleness-weighted mean of own
 * (weight 1) and the rest.
 *
 * Farhadkhani, Guerraoui, Gupta, Hoang, Pinot, Stephan, ICML 2023 (MoNNA, arXiv 2210.08934), with staleness weights. Breakdown:
 * while the liars are at most b, the result lies no farther from the own model than the farthest honest candidate. Liars at
 * the distance of the honest ones are kept, and push the honest out. A dropped candidate is `removed`; ties keep the lower
 * index. O(m d) time.
 */

import { UNIT_WEIGHT } from "../weight.ts";
import { ASSUMED_SHARE, assumedLiars } from "./assumed-liars.ts";
import { lengthsFrom } from "./clip.ts";
import { combine, vectorsOf } from "./combine.ts";
import { checkInput } from "./input.ts";
import { smallest } from "./neighbours.ts";
import type { Rule } from "./rule.ts";

export const nna: Rule = {
  name: "nna",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  aggregate(input, parameters) {
    checkInput(input);
    const { own, candidates } = input;
    const { f } = parameters as { f: number };
    const m = candidates.length;
    const vectors = vectorsOf(candidates);
    const nearest = new Set(smallest(lengthsFrom(own, vectors), m - assumedLiars(f, m)));
    const weights = Float64Array.from(candidates, ({ weightQ16 }, j) => (nearest.has(j) ? weightQ16 : 0));
    const total = weights.reduce((sum, weight) => sum + weight, UNIT_WEIGHT);
    return {
      params: combine(
        own,
        vectors,
        weights.map((weight) => weight / total),
      ),
      statuses: candidates.map((_, j) => (nearest.has(j) ? "used" : "removed")),
    };
  },
};
