import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { clippedMean } from "../rows/clip.ts";
import { lengthsOf } from "../rows/crowd.ts";
import { smallest } from "../rows/neighbours.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";

/**
 * ClippedGossip: the staleness-weighted mean around the own model, with every difference shortened to an adaptive radius.
 *
 *     tau^2 = sum_{j near} w_j d_j^2 / sum_{j far} w_j
 *     y = own + sum_j w_j min(1, tau / d_j) (z_j - own) / (w_0 + sum_j w_j)
 *
 * where z_1 .. z_m are the candidates, d_j = |z_j - own|, near are the m - b candidates nearest to the own model, far the b others, w_j =
 * s_j p_j (staleness weight / 65536 times mass, s_0 = 1), and b is the assumed number of liars (`assumedLiars`). A shortened candidate is
 * `clipped`.
 *
 * Breakdown: while the liars are at most b, the result lies within tau of the own model, which the honest distances bound. Liars that stay
 * within tau are not clipped at all. O(m d) time. Parameter `f`: the assumed share of liars.
 *
 * The paper's theory has tau^2 = (1 / delta) sum over the honest of W_j d_j^2, delta the weight of the liars. Nobody knows who is honest,
 * so here the nearest candidates stand for the honest ones and the farthest for the liars. (The code of the paper takes the second largest
 * distance, which fits one liar.)
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see He, Karimireddy, Jaggi 2022 (arXiv 2202.01545).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { clippedGossip } from "hearsay/protocol/aggregate/rules/clipped-gossip";
 * const input = ruleInput([0, 0], [[3, 0], [0, 4], [90, 0]]); // own model, two honest candidates, a liar
 * clippedGossip.aggregate(input, { f: 0.2 }).params; // -> [2, 1]
 * clippedGossip.aggregate(input, { f: 0.2 }).statuses; // -> ["used", "used", "clipped"]
 */
export const clippedGossip: SettledRule = settled({
  name: "clipped-gossip",
  about: "the mean around the own model, each difference shortened to a radius that adapts",
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
