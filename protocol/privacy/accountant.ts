/**
 * What training under Gaussian noise costs of a privacy budget: Rényi differential privacy of the Gaussian mechanism under Poisson sampling,
 * at integer orders, summed over steps and turned into (epsilon, delta).
 *
 *     one step    RDP(a) = 1/(a - 1) ln sum_(k=0..a) C(a, k) (1 - q)^(a - k) q^k e^((k^2 - k) / (2 sigma^2));    q = 1: a / (2 sigma^2)
 *     T steps     T RDP(a)
 *     epsilon     least over a of  T RDP(a) + ln(1 - 1/a) - (ln delta + ln a) / (a - 1)
 *
 * q is the chance of each record to be in a step, sigma the noise over the clip norm. Records are added or removed, one at a time.
 * Mironov, Talwar, Zhang 2019 (arXiv 1908.10530) for the step; Canonne, Kamath, Steinke 2020 (arXiv 2004.00010) for epsilon, which is tighter than
 * Mironov 2017. The figures are those of Google's dp-accounting at the same orders (test/vectors/dp.json).
 *
 * Every figure is an upper bound. Orders between the integers would gain up to 1.1 % where sigma is 0.6 or more, and a third at 0.5: there the bound is too loose
 * to be of use, so mechanisms take no sigma below LEAST_NOISE.
 */
import { exp, log } from "../base/exp-log.ts";
import { NOISE_BOUNDS } from "../base/spent.ts";

/** Least noise multiplier that a mechanism takes: below, integer orders tell epsilon much too high. */
export const LEAST_NOISE: number = NOISE_BOUNDS.least / 1000;
/** Most: calibration looks no further. */
export const MOST_NOISE: number = NOISE_BOUNDS.most / 1000;

/** Orders at which the divergence is followed; those of dp-accounting that are integers. */
export const ORDERS: readonly number[] = [...Array.from({ length: 63 }, (_, i) => i + 2), 128, 256, 512];

/** Steps of one kind. */
export interface NoisySteps {
  /** q: chance of each record to be in a step, above 0, at most 1. */
  readonly rate: number;
  /** sigma: deviation of the noise over the clip norm. */
  readonly noiseMultiplier: number;
  readonly steps: number;
}

/** ln n! for n up to the highest order. */
const LOG_FACTORIALS: readonly number[] = logFactorials(ORDERS.at(-1) as number);

function logFactorials(most: number): number[] {
  const logs = [0];
  for (let n = 1; n <= most; n++) logs.push((logs[n - 1] as number) + log(n));
  return logs;
}

/**
 * Rényi divergence of one step at an integer order, at most 512. O(order) time.
 * @throws RangeError for what is no order, rate or noise.
 * @example
 * import { stepDivergence } from "hearsay/protocol/privacy/accountant";
 * stepDivergence({ rate: 1, noiseMultiplier: 2 }, 8); // -> 1
 */
export function stepDivergence({ rate, noiseMultiplier }: Omit<NoisySteps, "steps">, order: number): number {
  if (!(rate > 0 && rate <= 1)) throw new RangeError(`a sampling rate of ${rate} is not in (0, 1]`);
  if (!(noiseMultiplier > 0)) throw new RangeError(`a noise multiplier of ${noiseMultiplier} is not above 0`);
  if (!Number.isInteger(order) || order < 2 || order >= LOG_FACTORIALS.length)
    throw new RangeError(`${order} is no order: an integer in 2 .. ${LOG_FACTORIALS.length - 1}`);
  const twice = 2 * noiseMultiplier * noiseMultiplier;
  if (rate === 1) return order / twice;
  const [logRate, logRest] = [log(rate), log(1 - rate)];
  const factorial = (n: number) => LOG_FACTORIALS[n] as number;
  const terms = Array.from({ length: order + 1 }, (_, k) => {
    const ways = factorial(order) - factorial(k) - factorial(order - k);
    return ways + (order - k) * logRest + k * logRate + (k * k - k) / twice;
  });
  const most = terms.reduce((a, b) => Math.max(a, b));
  const sum = terms.reduce((total, term) => total + exp(term - most), 0);
  return Math.max(0, (most + log(sum)) / (order - 1));
}

const curves = new Map<string, readonly number[]>();
/** A peer has one kind of steps, and a sweep of simulations some dozens. */
const MAX_CURVES = 256;

/** Divergences of one step at all ORDERS. */
function stepCurve(kind: Omit<NoisySteps, "steps">): readonly number[] {
  const key = `${kind.rate} ${kind.noiseMultiplier}`;
  let curve = curves.get(key);
  if (curve === undefined) {
    if (curves.size >= MAX_CURVES) curves.clear();
    curve = ORDERS.map((order) => stepDivergence(kind, order));
    curves.set(key, curve);
  }
  return curve;
}

/**
 * epsilon of all these steps together; 0 of none. O(orders x kinds of steps).
 * @param delta above 0, below 1.
 * @throws RangeError for what is no rate, noise or delta.
 * @example
 * import { epsilonOf } from "hearsay/protocol/privacy/accountant";
 * const day = { rate: 0.01, noiseMultiplier: 1.1, steps: 10_000 };
 * epsilonOf([day], 1e-5).toFixed(3); // -> "5.654"
 * epsilonOf([{ ...day, steps: 4000 }, { ...day, steps: 6000 }], 1e-5).toFixed(3); // -> "5.654"
 */
export function epsilonOf(spent: readonly NoisySteps[], delta: number): number {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`a delta of ${delta} is not in (0, 1)`);
  const taken = spent.filter(({ steps }) => steps > 0);
  if (taken.length === 0) return 0;
  const parts = taken.map((kind) => ({ curve: stepCurve(kind), steps: kind.steps }));
  let least = Number.POSITIVE_INFINITY;
  for (const [i, order] of ORDERS.entries()) {
    const divergence = parts.reduce((sum, { curve, steps }) => sum + steps * (curve[i] as number), 0);
    const epsilon = divergence + log(1 - 1 / order) - (log(delta) + log(order)) / (order - 1);
    if (epsilon < least) least = epsilon;
  }
  return Math.max(0, least);
}

/** What a budget is to be enough for. */
export interface Target {
  readonly rate: number;
  readonly steps: number;
  readonly epsilon: number;
  readonly delta: number;
}

/**
 * The least noise multiplier, in thousandths and at least LEAST_NOISE, under which these steps cost no more than epsilon; undefined where
 * MOST_NOISE would not do.
 * @example
 * import { epsilonOf, noiseFor } from "hearsay/protocol/privacy/accountant";
 * const steps = { rate: 0.01, steps: 10_000 };
 * const noiseMultiplier = noiseFor({ ...steps, epsilon: 4, delta: 1e-5 });
 * epsilonOf([{ ...steps, noiseMultiplier }], 1e-5) <= 4; // -> true
 * epsilonOf([{ ...steps, noiseMultiplier: noiseMultiplier - 0.001 }], 1e-5) <= 4; // -> false
 */
export function noiseFor({ rate, steps, epsilon, delta }: Target): number | undefined {
  const isEnough = (thousandths: number) =>
    epsilonOf([{ rate, steps, noiseMultiplier: thousandths / 1000 }], delta) <= epsilon;
  let [low, high]: [number, number] = [NOISE_BOUNDS.least, NOISE_BOUNDS.most];
  if (!isEnough(high)) return undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return high / 1000;
}
