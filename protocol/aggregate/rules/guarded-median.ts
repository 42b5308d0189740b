import type { RuleInput } from "../../base/learning-seams.ts";
import { UNIT_WEIGHT } from "../../base/weight.ts";
import { explain } from "../explain.ts";
import { clippedCount } from "../pre/arc.ts";
import { assumedLiars } from "../rows/assumed-liars.ts";
import { clipFactors, radiusThatClips } from "../rows/clip.ts";
import { wholeWeights } from "../rows/half-weight.ts";
import { checkInput } from "../rows/input.ts";
import { massOf } from "../rows/mass.ts";
import { mergeSame, nearestMixtures } from "../rows/mixture.ts";
import type { Rule } from "../rows/rule.ts";
import { standardPasses } from "../rows/standard-passes.ts";

/** Share of the weight within which a cumulated weight ties with half of it: divided weights are not integers. */
const TIE_TOLERANCE = 1e-6;

/** Lengths and angles of x_j = v_j - own, j = 0 .. m - 1, and, where there is a base, of x_m = base - own. */
interface Geometry {
  readonly m: number;
  /** Rows of the Gram matrix: m, or m + 1. */
  readonly q: number;
  readonly gram: Float64Array;
  /** |x_j|. */
  readonly lengths: Float64Array;
}

/**
 * guarded-median/1, the default rule: a weighted coordinate-wise median behind four guards, all centred on the own model.
 *
 *     1 share   t = share * min(median of |v_j - v_k|, median of |v_j - own|); w_j = s_j / #{k : |v_j - v_k| < t, or k = j}
 *     2 clip    r = the (c + 1)-th largest |v_j - own|, c = min(floor(2 b (m - b) / m), m - 1); shorten v_j - own to r
 *     3 mix     z_i = weighted mean of the n - b' rows nearest to row i, over own and candidates (n = m + 1),
 *               b' = min(floor(mix b + 1/2), floor((n - 1) / 2))
 *     4 median  y = weighted coordinate-wise median of z_0 .. z_m
 *     5 limit   shorten y - base to R = limit * max(|own - base|, lower quartile of |v_j - base|)
 *
 * where own is the own model after local training, base the own model before it, v_1 .. v_m are the candidates sorted by peer id, with
 * staleness weights s_j (mass times weight / 65536), and b is the assumed number of liars among them, min(max(1, ceil(f m) + 1), max(1,
 * floor((m - 1) / 2))). Step 2 is ARC around the own model, step 3 is NNM with weights. All distances, those of step 5 too, follow from one
 * Gram matrix of v_j - own and base - own; then one pass over the coordinates does the rest.
 *
 * Status of a candidate: `duplicate` where step 1 divided its weight, else `clipped` where step 2 shortened it, else `used`. Step 2
 * shortens c candidates in nearly every merge, honest or not, so `clipped` says little. Two honest models are hardly ever so close that
 * they share one weight, so `duplicate` says more. It goes before `clipped` where both hold.
 *
 * Breakdown: measured, not proved (sim/results/attacks.md). On digits, with 30 peers that all hear one another and f = 0.2, no attack but Sybils
 * and eclipses costs more than 3 points on Dirichlet 0.5 (three seeds); on Dirichlet 0.1 copies of one honest peer (mimic) cost 5.5 +- 4.0 points
 * (five seeds). Where a peer hears few others, liars can be most of them by chance, and single peers are lost. Other data may say something
 * else: on skewed data an undefended mean does better where liars copy an honest peer. O(m^2 d / 2) time for the matrix, O(m b' d) for
 * the mixtures; a chunk of each vector of memory.
 *
 * Parameters: `f`, the assumed share of liars; `share`, `mix` and `limit` of the steps. A greater `share` takes weight from liars that
 * agree with one another or stay near the honest models (inside the ball, mimic), and from honest models that happen to agree; above 0.5,
 * sign-flippers beyond f begin to profit from that.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see ARC: Allouah et al. 2024 (arXiv 2405.14432). NNM: Allouah et al., AISTATS 2023 (arXiv 2302.01772). The rule is Hearsay's own.
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { guardedMedian } from "hearsay/protocol/aggregate/rules/guarded-median";
 * const defaults = { f: 0.2, share: 0.5, mix: 0.75, limit: 1 };
 * // Own model, three honest candidates, and two liars that send one model twice.
 * const input = ruleInput([0, 0], [[2, 0], [0, 3], [2, 2], [90, 90], [90, 90]]);
 * const { params, statuses } = guardedMedian.aggregate(input, defaults);
 * Math.hypot(...params) < 3; // -> true
 * statuses; // -> ["used", "used", "used", "duplicate", "duplicate"]
 */
export const guardedMedian: Rule = {
  name: "guarded-median",
  about: "the weighted median behind four guards around the own model",
  quorum: () => 1,
  parameters: {
    f: { default: 0.2, min: 0, max: 0.49, about: "assumed share of lying peers" },
    share: { default: 0.5, min: 0, max: 1, about: "models closer than this, of the median distance, share one weight" },
    mix: { default: 0.75, min: 0, max: 1, about: "rows left out of each mean, of the assumed number of liars" },
    limit: { default: 1, min: 0.1, max: 10, about: "longest step, of the own step or that of the cautious candidates" },
  },
  aggregate(input, parameters, passes = standardPasses(input)) {
    checkInput(input);
    const { own, base, candidates, explain: explains = false } = input;
    const { f, share, mix, limit } = parameters as { f: number; share: number; mix: number; limit: number };
    const m = candidates.length;
    if (m === 0)
      return {
        params: own.map((value) => value + 0),
        statuses: [],
        mass: massOf(input, []),
        ...(explains && { explanation: [] }),
      };

    // Kernels know by this very array what they have loaded: it is made anew for each call.
    const rows = [own, ...candidates.map(({ params }) => params)];
    if (base !== undefined) rows.push(base);
    const geometry = measure(passes.gram(rows), m);
    const liars = assumedLiars(f, m);
    const crowds = countCrowds(geometry, share);
    const weights = dividedWeights(input, crowds);
    const radius = clipRadius(geometry, liars);
    const shrink = shrinkFactors(geometry, radius);
    const leftOut = Math.min(Math.floor(mix * liars + 0.5), Math.floor(m / 2));
    const near = nearestMixtures(clippedDistances(geometry, radius), weights, shrink, leftOut);
    const { mixed, votes } = mergeSame(near, wholeWeights(weights));
    const reduction = { kind: "median", weights: votes, tolerance: TIE_TOLERANCE } as const;
    const pass = { mixed, reduction };
    const params = passes.reduce(rows, pass);
    if (base !== undefined) {
      const step = Math.sqrt(passes.squaredLengths([base, params])[0] as number);
      shortenStep(params, base, step, longestStep(geometry, limit));
    }

    const statuses = candidates.map((_, j) => {
      if (at(crowds, j) > 1) return "duplicate";
      return at(shrink, j + 1) < 1 ? "clipped" : "used";
    });
    const members = [...candidates.keys()];
    return {
      params,
      statuses,
      mass: massOf(input, statuses),
      ...(explains && { explanation: explain({ input, vectors: rows, members, pass, lengths: geometry.lengths }) }),
    };
  },
};

function measure(gram: Float64Array, m: number): Geometry {
  const q = Math.round(Math.sqrt(gram.length));
  const lengths = new Float64Array(q);
  for (let j = 0; j < q; j++) lengths[j] = Math.sqrt(at(gram, j * q + j));
  return { m, q, gram, lengths };
}

/** |x_j - x_k|; exactly 0 for equal vectors. */
function between({ gram, q }: Geometry, j: number, k: number): number {
  return Math.sqrt(Math.max(0, at(gram, j * q + j) + at(gram, k * q + k) - 2 * at(gram, j * q + k)));
}

/** Step 1: how many candidates, itself included, lie within t of each. */
function countCrowds(geometry: Geometry, share: number): Int32Array {
  const { m, lengths } = geometry;
  const pairs = new Float64Array((m * (m - 1)) / 2);
  for (let j = 0, pair = 0; j < m; j++) for (let k = 0; k < j; k++) pairs[pair++] = between(geometry, j, k);
  const threshold = share * Math.min(plainMedian(pairs), plainMedian(lengths.subarray(0, m)));
  const crowds = new Int32Array(m).fill(1);
  for (let j = 0, pair = 0; j < m; j++)
    for (let k = 0; k < j; k++) {
      if (at(pairs, pair++) >= threshold) continue;
      crowds[j] = at(crowds, j) + 1;
      crowds[k] = at(crowds, k) + 1;
    }
  return crowds;
}

/** Step 1: w_0 .. w_m, the own weight first; times mass. */
function dividedWeights({ candidates, mass = 1 }: RuleInput, crowds: Int32Array): Float64Array {
  const weights = new Float64Array(candidates.length + 1).fill(mass);
  for (const [j, { weightQ16, mass = 1 }] of candidates.entries())
    weights[j + 1] = ((weightQ16 / UNIT_WEIGHT) * mass) / at(crowds, j);
  return weights;
}

/** Step 2: r. */
function clipRadius({ lengths, m }: Geometry, liars: number): number {
  return radiusThatClips(clippedCount(liars, m), lengths.subarray(0, m));
}

/** Step 2: min(1, r / d_j) for each row, the own one first. */
function shrinkFactors({ lengths, m }: Geometry, radius: number): Float64Array {
  return Float64Array.of(1, ...clipFactors(lengths.subarray(0, m), radius));
}

/**
 * Steps 2 and 3: by what row i (0 .. m, the own one first) ranks the rows, (m + 1) x (m + 1). The own row ranks the candidates by
 * their unclipped distances, for after step 2 many lie at exactly r and rounding would decide; itself it never leaves out.
 * The other rows use |x_j - x_k|^2 = |x_j|^2 + |x_k|^2 - 2 |x_j| |x_k| cos, in which clipping changes the lengths only.
 */
function clippedDistances({ gram, lengths, m, q }: Geometry, radius: number): Float64Array {
  const n = m + 1;
  const distances = new Float64Array(n * n);
  distances[0] = -1;
  for (let j = 0; j < m; j++) {
    const length = at(lengths, j);
    const clipped = Math.min(length, radius);
    distances[j + 1] = length;
    distances[(j + 1) * n] = clipped * clipped;
    for (let k = 0; k <= j; k++) {
      const both = length * at(lengths, k);
      const cosine = both === 0 ? 0 : at(gram, j * q + k) / both;
      const other = Math.min(at(lengths, k), radius);
      const square = Math.max(0, clipped * clipped + other * other - 2 * clipped * other * cosine);
      distances[(j + 1) * n + k + 1] = square;
      distances[(k + 1) * n + j + 1] = square;
    }
  }
  return distances;
}

/**
 * Step 5: R. By way of the Gram matrix a candidate's distance to the base is inexact only where it is far below |own - base|, which
 * is the greater of the two then.
 */
function longestStep(geometry: Geometry, limit: number): number {
  const { m, lengths } = geometry;
  const steps = new Float64Array(m);
  for (let j = 0; j < m; j++) steps[j] = between(geometry, m, j);
  const quartile = at(steps.sort(), Math.max(0, Math.floor(m / 4) - 1));
  return limit * Math.max(at(lengths, m), quartile);
}

/** Step 5, in place. */
function shortenStep(params: Float32Array, base: Float32Array, step: number, longest: number): void {
  if (step <= longest) return;
  const scale = longest / step;
  for (let i = 0; i < params.length; i++) {
    const from = base[i] as number;
    params[i] = Math.fround(from + scale * ((params[i] as number) - from)) + 0;
  }
}

/** Median of any number of values; 0 of none. */
function plainMedian(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.slice().sort();
  const middle = sorted.length / 2;
  return (at(sorted, Math.ceil(middle) - 1) + at(sorted, Math.floor(middle))) / 2;
}

/** values[index], for an index that is within bounds. */
function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number;
}
