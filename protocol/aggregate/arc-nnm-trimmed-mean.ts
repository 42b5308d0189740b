/**
 * ARC, then NNM, then the trimmed mean: the strongest published pipeline, here around the own model.
 *
 *     1 clip  r = the (c+1)-th largest |v_j - own|, c = min(floor(2 b (m - b) / m), m - 1); shorten v_j - own to r
 *     2 mix   z_i = mean of the n - b rows nearest to row i, over own and clipped candidates (n = m + 1)
 *     3 trim  y = per coordinate, the mean of z_0 .. z_m without the b largest and the b smallest
 *
 * ARC: Allouah, Guerraoui, Gupta, Jellouli, Rizk, Stephan 2024 (arXiv 2405.14432). NNM: Allouah, Farhadkhani, Guerraoui, Gupta,
 * Pinot, Stephan, AISTATS 2023 (arXiv 2302.01772). Trimmed mean: Yin et al. 2018. Published for a server and gradients, where
 * step 1 clips around 0. Breakdown: while the liars are at most b, every coordinate of the result lies within r of the own
 * model's, and r is at most the distance of the farthest honest candidate; a bad draw with more than b liars undoes it.
 *
 * The own row ranks the others by unclipped distance: after step 1 many lie at exactly r, and the order must not be left to
 * the peer ids. Staleness weights are not used. A shortened candidate is `clipped`. Steps 1 and 2 are linear, so one Gram matrix
 * gives the table of coefficients. O(m^2 d) time.
 */

import { ASSUMED_SHARE, assumedLiars } from "./assumed-liars.ts";
import { clipFactors, clipStatuses, radiusThatClips } from "./clip.ts";
import { combineEach, vectorsOf } from "./combine.ts";
import { gramOfDifferences } from "./distances.ts";
import { checkInput } from "./input.ts";
import { smallest, squaredDistances } from "./neighbours.ts";
import type { Rule } from "./rule.ts";
import { createTrimmedMean } from "./trim.ts";

export const arcNnmTrimmedMean: Rule = {
  name: "arc-nnm-trimmed-mean",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  aggregate(input, parameters) {
    checkInput(input);
    const { own, candidates } = input;
    const { f } = parameters as { f: number };
    const m = candidates.length;
    if (m === 0) return { params: own.map((value) => value + 0), statuses: [] };
    const liars = assumedLiars(f, m);
    const vectors = vectorsOf(candidates);
    const gram = gramOfDifferences(own, vectors);
    const lengths = Float64Array.from(vectors, (_, j) => Math.sqrt(gram[j * m + j] as number));
    const factors = clipFactors(lengths, radiusThatClips(clippedCount(liars, m), lengths));
    const table = mixtures(gram, lengths, factors, m + 1 - liars);
    return {
      params: combineEach(own, vectors, table, createTrimmedMean(m + 1, liars)),
      statuses: clipStatuses(factors),
    };
  },
};

/** c. */
function clippedCount(liars: number, m: number): number {
  return Math.min(Math.floor((2 * liars * (m - liars)) / m), m - 1);
}

/** Row i (0 .. m) holds the coefficients of v_1 - own .. v_m - own in z_i - own. */
function mixtures(gram: Float64Array, lengths: Float64Array, factors: Float64Array, kept: number): Float64Array[] {
  const m = lengths.length;
  const n = m + 1;
  const clipped = gram.map((product, at) => {
    const j = Math.floor(at / m);
    return product * (factors[j] as number) * (factors[at - j * m] as number);
  });
  const squares = squaredDistances(clipped, m);
  squares.set(lengths, 1); // the own row only ranks: unclipped lengths in the place of squares, and its own 0 comes first
  return Array.from({ length: n }, (_, i) => {
    const coefficients = new Float64Array(m);
    for (const row of smallest(squares.subarray(i * n, (i + 1) * n), kept))
      if (row > 0) coefficients[row - 1] = (factors[row - 1] as number) / kept;
    return coefficients;
  });
}
