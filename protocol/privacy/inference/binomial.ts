/** An interval for a share that was counted. */
import { exp, log } from "../../base/exp-log.ts";

/** What is certain about a figure: with the given confidence it lies between the two. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Halvings of an interval of length 1 until it is one number. */
const HALVINGS = 60;
/** A term that adds less than this share of the sum ends it. */
const NEGLIGIBLE = 1e-18;

/**
 * The exact interval of Clopper and Pearson (Biometrika 26, 1934) for the share that `hits` of `trials` independent trials estimate; it covers the true
 * share with at least the given confidence, whatever that is.
 * @param risk 1 - confidence: 0.05 for 95 %. @throws RangeError unless hits is a whole number in 0 .. trials and trials is at least 1.
 * @example
 * import { clopperPearson } from "hearsay/protocol/privacy/inference/binomial";
 * clopperPearson(0, 10).high.toFixed(6); // -> "0.308497"
 */
export function clopperPearson(hits: number, trials: number, risk = 0.05): Interval {
  if (!Number.isInteger(hits) || !Number.isInteger(trials) || trials < 1 || hits < 0 || hits > trials)
    throw new RangeError(`${hits} of ${trials} trials`);
  return { low: lowest(hits, trials, risk / 2), high: 1 - lowest(trials - hits, trials, risk / 2) };
}

/** The p at which `hits` or more come about with this probability. */
function lowest(hits: number, trials: number, probability: number): number {
  if (hits === 0) return 0;
  const choices = logChoices(hits, trials);
  let [low, high] = [0, hits / trials]; // here terms fall from the first one on
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (tail(hits, trials, middle, choices) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The probability of `hits` or more, where p is at most hits / trials. */
function tail(hits: number, trials: number, p: number, choices: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  let term = exp(choices + hits * log(p) + (trials - hits) * log(1 - p));
  let sum = term;
  for (let k = hits; k < trials && term > NEGLIGIBLE * sum; k++) {
    term *= (((trials - k) / (k + 1)) * p) / (1 - p);
    sum += term;
  }
  return sum;
}

/** ln of the number of ways to choose `hits` of `trials`. */
function logChoices(hits: number, trials: number): number {
  let sum = 0;
  for (let k = 1; k <= Math.min(hits, trials - hits); k++) sum += log((trials - k + 1) / k);
  return sum;
}
