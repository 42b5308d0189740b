/** How well scores tell members from others: the area under the ROC curve, and one point of the curve. */
import { clopperPearson, type Interval } from "./binomial.ts";

/** A figure with its interval of 95 % confidence. */
export interface Measured extends Interval {
  readonly value: number;
}

/** The point of the curve where few others are taken for members. */
export interface RocPoint {
  /** Share of members that are found. The interval is that of a count (Clopper and Pearson), for the threshold that was taken. */
  readonly truePositives: Measured;
  /** Share of others that are taken for members: at most what was asked for. */
  readonly falsePositives: Measured;
}

/** 0.975 quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * Area under the ROC curve: how often a member has a higher score than another example, where equal scores count half. The interval is that of DeLong,
 * DeLong and Clarke-Pearson (Biometrics 44, 1988) from the variances of the placements, by ranks in O(n log n) (Sun and Xu, IEEE Signal Processing Letters 21, 2014);
 * cut at 0 and 1. Where no score of one kind lies among those of the other it has no width, and says nothing.
 * @throws RangeError where there are fewer than two scores of a kind, or one is not a number.
 * @example
 * import { areaUnderRoc } from "hearsay/protocol/privacy/inference/roc";
 * areaUnderRoc(Float64Array.of(3, 1), Float64Array.of(2, 0)).value; // -> 0.75
 */
export function areaUnderRoc(members: Float64Array, others: Float64Array): Measured {
  const [m, n] = [members.length, others.length];
  if (m < 2 || n < 2) throw new RangeError(`${m} members and ${n} others: two of each are needed`);
  if (members.some(Number.isNaN) || others.some(Number.isNaN)) throw new RangeError("a score is not a number");
  const all = new Float64Array(m + n);
  all.set(members);
  all.set(others, m);
  const [ranks, ofMembers, ofOthers] = [midranks(all), midranks(members), midranks(others)];
  const above = ofMembers.map((rank, i) => ((ranks[i] as number) - rank) / n);
  const below = ofOthers.map((rank, j) => 1 - ((ranks[m + j] as number) - rank) / m);
  const value = meanOf(above);
  const width = Z * Math.sqrt(variance(above) / m + variance(below) / n);
  return { value, low: Math.max(0, value - width), high: Math.min(1, value + width) };
}

/**
 * Members above the least threshold that at most the share `rate` of the others exceeds.
 * @throws RangeError where there is no score of a kind.
 * @example
 * import { pointOfRoc } from "hearsay/protocol/privacy/inference/roc";
 * const { truePositives } = pointOfRoc(Float64Array.of(5, 4, 1), Float64Array.of(3, 2, 2, 0), 0.25);
 * truePositives.value.toFixed(3); // -> "0.667"
 */
export function pointOfRoc(members: Float64Array, others: Float64Array, rate: number): RocPoint {
  const descending = others.toSorted().reverse();
  const threshold = descending[Math.min(Math.floor(rate * others.length), others.length - 1)];
  if (threshold === undefined || members.length === 0) throw new RangeError("there is no score of one kind");
  return { truePositives: shareAbove(members, threshold), falsePositives: shareAbove(others, threshold) };
}

function shareAbove(scores: Float64Array, threshold: number): Measured {
  const hits = scores.reduce((sum, score) => sum + (score > threshold ? 1 : 0), 0);
  return { value: hits / scores.length, ...clopperPearson(hits, scores.length) };
}

/** Rank of each value from 1 on; equal values share the mean of their ranks. */
function midranks(values: Float64Array): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < order.length; ) {
    let next = first + 1;
    while (next < order.length && values[order[next] as number] === values[order[first] as number]) next++;
    for (let k = first; k < next; k++) ranks[order[k] as number] = (first + 1 + next) / 2;
    first = next;
  }
  return ranks;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** By n - 1. */
function variance(values: Float64Array): number {
  const centre = meanOf(values);
  return values.reduce((sum, value) => sum + (value - centre) * (value - centre), 0) / (values.length - 1);
}
