/**
 * ClippedGossip: self-centred clipping at an adaptive radius, then the staleness-weighted mean with own (weight 1), weights times mass.
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

import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { clippedMean } from "../rows/clip.ts";
import { lengthsOf } from "../rows/crowd.ts";
import { smallest } from "../rows/neighbours.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

export const clippedGossip: SettledRule = settled({
  name: "clipped-gossip",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle(crowd, { f }) {
    const lengths = lengthsOf(crowd);
    return clippedMean(crowd, lengths, adaptiveRadius(crowd.weights, lengths, liarsAmong(crowd, f as number)));
  },
});

/** tau; infinite where no row is taken to lie. `weights` are those of all rows, the own one first. */
function adaptiveRadius(weights: Float64Array, lengths: Float64Array, liars: number): number {
  const m = lengths.length;
  let squares = 0;
  let far = 0;
  for (const [rank, j] of smallest(lengths, m).entries()) {
    const weight = weights[j + 1] as number;
    const length = lengths[j] as number;
    if (rank < m - liars) squares += weight * length * length;
    else far += weight;
  }
  return far === 0 ? Number.POSITIVE_INFINITY : Math.sqrt(squares / far);
}
