/**
 * ClippedGossip: self-centred clipping at an adaptive radius, then the staleness-weighted mean with own (weight 1).
 *
 *     tau^2 = sum_{j near} w_j d_j^2 / sum_{j far} w_j;   y = own + sum_j w_j min(1, tau / d_j) (v_j - own) / (1 + sum_j w_j)
 *
 * near: the m - b candidates nearest to the own model, far: the b others, d_j = |v_j - own|.
 *
 * He, Karimireddy, Jaggi 2022 (arXiv 2202.01545). Their theory has tau^2 = (1 / delta) sum over the honest of W_j d_j^2, delta
 * the weight of the liars; as nobody knows who is honest, the nearest stand in for them here and the farthest for the liars.
 * (The code of the paper takes the second largest distance, which fits one liar.) Breakdown: while the liars are at most b, the
 * result lies within tau of the own model, which the honest distances bound; liars that stay within tau are not clipped at all.
 * A shortened candidate is `clipped`. O(m d) time.
 */

import type { RuleCandidate } from "../seams.ts";
import { ASSUMED_SHARE, assumedLiars } from "./assumed-liars.ts";
import { clippedMean, lengthsFrom } from "./clip.ts";
import { vectorsOf } from "./combine.ts";
import { checkInput } from "./input.ts";
import { smallest } from "./neighbours.ts";
import type { Rule } from "./rule.ts";

export const clippedGossip: Rule = {
  name: "clipped-gossip",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  aggregate(input, parameters) {
    checkInput(input);
    const { own, candidates } = input;
    const { f } = parameters as { f: number };
    const lengths = lengthsFrom(own, vectorsOf(candidates));
    return clippedMean(input, lengths, adaptiveRadius(candidates, lengths, assumedLiars(f, candidates.length)));
  },
};

/** tau; infinite where no candidate is taken to lie. */
function adaptiveRadius(candidates: readonly RuleCandidate[], lengths: Float64Array, liars: number): number {
  const m = candidates.length;
  let squares = 0;
  let far = 0;
  for (const [rank, j] of smallest(lengths, m).entries()) {
    const { weightQ16 } = candidates[j] as RuleCandidate;
    const length = lengths[j] as number;
    if (rank < m - liars) squares += weightQ16 * length * length;
    else far += weightQ16;
  }
  return far === 0 ? Number.POSITIVE_INFINITY : Math.sqrt(squares / far);
}
