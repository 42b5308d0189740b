import { ASSUMED_SHARE, liarsAmong } from "../rows/assumed-liars.ts";
import { innerProductsOf, rowsOf } from "../rows/crowd.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";

/** Of the power method. */
const STEPS = 100;

/**
 * CAF, the covariance-bound agnostic filter: take weight from the rows that stretch the crowd most, until 2 b of it are gone; of all means
 * on the way, take the one of the narrowest crowd.
 *
 *     c_i = 1 at first; while sum c_i > n - 2 b:
 *         mu = mean of z_0 .. z_m by c;  lambda, u = greatest eigenvalue and eigenvector of their covariance by c
 *         tau_i = <z_i - mu, u>^2;  c_i <- c_i (1 - tau_i / max {tau_k : c_k > 0})
 *     y = the mu with the least lambda
 *
 * where z_0 is the own model, z_1 .. z_m are the candidates, n = m + 1 and b is the assumed number of liars (`assumedLiars`). Neither
 * staleness nor mass counts. A candidate to which the chosen mean gives no weight is `removed`.
 *
 * It needs no bound of the honest covariance. It sees liars that agree with one another, and under skew it takes rare honest models for
 * such. O(m^2 d + b STEPS m^2) time, STEPS = 100. Parameter `f`: the assumed share of liars.
 *
 * The reference takes one step of the power method from a random vector. Here the eigenvector is found by STEPS steps among the rows, from
 * the row farthest out, so that the result is always the same. In the reference the greatest tau is that of any row: one liar far away,
 * though it has no weight any more, then keeps the others from losing theirs.
 *
 * @throws RangeError where a candidate has another length than the own model, a weight is no whole number in 1 .. 65536, or a mass none in
 *   1 .. 2^20.
 * @see Allouah, Guerraoui, Stephan, ICML 2025 (Towards Trustworthy Federated Learning with Untrusted Participants).
 * @example
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * import { caf } from "hearsay/protocol/aggregate/rules/caf";
 * const input = ruleInput([0, 0], [[2, 0], [1, 0], [90, 90]]); // own model, two honest candidates, a liar
 * const { params, statuses } = caf.aggregate(input, { f: 0.2 });
 * Math.hypot(...params) < 2; // -> true
 * statuses; // -> ["used", "used", "removed"]
 */
export const caf: SettledRule = settled({
  name: "caf",
  about: "the mean, after weight was taken from the models that stretch the crowd most",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle(crowd, { f }) {
    const n = rowsOf(crowd);
    const inner = innerProductsOf(crowd);
    const enough = n - 2 * liarsAmong(crowd, f as number);
    let weights = new Float64Array(n).fill(1);
    let best = weights;
    let least = Number.POSITIVE_INFINITY;
    while (sumOf(weights) > enough) {
      const { eigenvalue, projections } = principal(weights, centred(inner, weights));
      if (eigenvalue < least) [least, best] = [eigenvalue, weights];
      const greatest = projections.reduce((so, tau, i) => ((weights[i] as number) > 0 ? Math.max(so, tau) : so), 0);
      if (greatest === 0) break; // rows that are equal
      weights = weights.map((weight, i) => weight && weight * (1 - (projections[i] as number) / greatest));
    }
    return meanOf(best);
  },
});

/** Inner products of the z_i - mu, mu being the mean by `weights`. */
function centred(inner: Float64Array, weights: Float64Array): Float64Array {
  const n = weights.length;
  const total = sumOf(weights);
  const shares = weights.map((weight) => weight / total);
  const toMean = Float64Array.from({ length: n }, (_, i) =>
    shares.reduce((sum, share, k) => sum + share * (inner[i * n + k] as number), 0),
  );
  const square = shares.reduce((sum, share, i) => sum + share * (toMean[i] as number), 0);
  return inner.map((product, at) => {
    const i = Math.floor(at / n);
    return product - (toMean[i] as number) - (toMean[at - i * n] as number) + square;
  });
}

/** Greatest eigenvalue of the covariance sum c_i x_i x_i' / sum c, and <x_i, u>^2 for its eigenvector u = sum_k c_k a_k x_k. */
function principal(weights: Float64Array, inner: Float64Array): { eigenvalue: number; projections: Float64Array } {
  const n = weights.length;
  const total = sumOf(weights);
  let farthest = 0;
  for (let i = 1; i < n; i++) if ((inner[i * (n + 1)] as number) > (inner[farthest * (n + 1)] as number)) farthest = i;
  let along = Float64Array.from({ length: n }, (_, i) => inner[i * n + farthest] as number); // <x_i, u>, not normalised
  let eigenvalue = 0;
  for (let step = 0; step < STEPS; step++) {
    // v = sum_k c_k <x_k, u> x_k / C is the covariance times u; |v|^2 = sum_k c_k <x_k, u> <x_k, v> / C
    const pull = along.map((value, k) => (value * (weights[k] as number)) / total);
    const next = Float64Array.from({ length: n }, (_, i) =>
      pull.reduce((sum, value, k) => sum + value * (inner[i * n + k] as number), 0),
    );
    const square = pull.reduce((sum, value, k) => sum + value * (next[k] as number), 0);
    if (!(square > 0)) return { eigenvalue: 0, projections: new Float64Array(n) };
    const length = Math.sqrt(square);
    along = next.map((value) => value / length); // u = v / |v|
    eigenvalue = along.reduce((sum, value, k) => sum + (value * value * (weights[k] as number)) / total, 0);
  }
  return { eigenvalue, projections: along.map((value) => value * value) };
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
