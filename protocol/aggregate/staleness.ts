/**
 * Staleness without rounds: how old another peer's model is, what it weighs, and how ages merge.
 *
 * The age of a model is the number of optimiser steps in its lineage. It is a claim of its publisher, so nothing here lets a
 * false one pay: a model that says it is newer than the own one is merely fresh (weight 1, like any honest fresh one), and ages
 * merge by a weighted median, which a minority cannot move outside the ages of the others. A maximum could be set by one liar,
 * and weights in proportion to age (Hegedus, Danner, Jelasity 2019) would hand him the model.
 *
 * Weight functions: FedAsync (Xie, Koyejo, Gupta 2019, arXiv 1903.03934, section 5.2), with a floor: attackers claim weight 1,
 * and with honest models at mean weight w a weighted median breaks at the share w / (1 + w) of attackers.
 */

import { power } from "../base/exp-log.ts";
import { UNIT_WEIGHT } from "../base/weight.ts";

/** `staleness` of a task, as far as weights depend on it. */
export interface StalenessWeighting {
  readonly function: "constant" | "hinge" | "polynomial";
  /** Steepness, above 0. */
  readonly a: number;
  /** Cycles without discount, for `hinge`. */
  readonly b: number;
  /** Least weight, in (0, 1]. */
  readonly floor: number;
}

export interface StalenessInput {
  /** Age from which lag is counted, see `lagReference`. */
  readonly referenceAge: number;
  /** Age that the publisher claims; anything but a whole number in 0 .. 2^53 - 1 counts as too old. */
  readonly theirAge: number;
  /** Mean number of own steps between two aggregates, above 0: it turns steps into cycles. */
  readonly meanStepsPerCycle: number;
  /** Own cycles since the model was first heard of, by the own clock: it makes a replayed model grow old. */
  readonly cyclesSinceFirstSeen: number;
  /** Largest staleness that is still eligible, in cycles. */
  readonly cutoff: number;
}

/** An age to merge. */
export interface WeightedAge {
  readonly age: number;
  /** Staleness weight of the model, an integer in 1 .. 65536. */
  readonly weightQ16: number;
}

/**
 * The age from which lag is counted: min(own age, lower median of the candidates' ages).
 *
 * Counted from the own age alone, whoever is faster than its network, or began earlier, would soon find everybody too old and
 * learn alone for ever: ages only grow, and the lead of a peer that nobody else's median follows never shrinks. A minority of
 * liars cannot move the median outside the honest ages.
 */
export function lagReference(ownAge: number, ages: readonly number[]): number {
  return ages.length === 0 ? ownAge : Math.min(ownAge, lowerMedian(ages));
}

/** The lower of the two middle values where there are two. @throws RangeError for no values. */
export function lowerMedian(values: readonly number[]): number {
  const middle = [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
  if (middle === undefined) throw new RangeError("no values have no median");
  return middle;
}

/**
 * tau = max((reference age - their age) / mean steps per cycle, cycles since first seen), in cycles and within 0 .. cutoff + 1, where
 * cutoff + 1 stands for "too old", however old.
 * @throws RangeError unless meanStepsPerCycle is above 0.
 */
export function staleness(input: StalenessInput): number {
  const { referenceAge, theirAge, meanStepsPerCycle, cyclesSinceFirstSeen, cutoff } = input;
  if (!(meanStepsPerCycle > 0)) throw new RangeError(`meanStepsPerCycle ${meanStepsPerCycle} is not above 0`);
  const tooOld = cutoff + 1;
  const tau = Math.max(0, (referenceAge - theirAge) / meanStepsPerCycle, cyclesSinceFirstSeen);
  return isAge(theirAge) && tau < tooOld ? tau : tooOld;
}

/** True where a candidate of this staleness may be aggregated: older ones are dropped, not given weight 0. */
export function eligible(tau: number, cutoff: number): boolean {
  return tau <= cutoff;
}

/**
 * The weight round(65536 max(floor, s(tau))), an integer in 1 .. 65536 that never grows with tau:
 *
 *     constant    s = 1
 *     hinge       s = 1 if tau <= b, else 1 / (a (tau - b) + 1)
 *     polynomial  s = (1 + tau)^-a
 *
 * 65536 for tau <= 0; a tau that is not a number counts as infinite. Square root and division are correctly rounded everywhere,
 * and for `polynomial` with another a than 1/2 the power is that of `base/exp-log.ts`, which is the same everywhere.
 */
export function stalenessWeightQ16(tau: number, weighting: StalenessWeighting): number {
  const weight = Math.max(weighting.floor, discount(Number.isNaN(tau) ? Infinity : Math.max(0, tau), weighting));
  return Math.max(1, Math.round(UNIT_WEIGHT * weight));
}

/**
 * Age of the aggregate: max(own age, lower weighted median of the ages merged, the own one among them at weight 65536).
 * Claims that are no ages (see `StalenessInput`) are left out. Never above the largest honest age while the liars hold less
 * than half of the weight.
 */
export function mergeAges(ownAge: number, ages: readonly WeightedAge[]): number {
  const sorted = [{ age: ownAge, weightQ16: UNIT_WEIGHT }, ...ages.filter(({ age }) => isAge(age))].sort(
    (a, b) => a.age - b.age,
  );
  const total = sorted.reduce((sum, { weightQ16 }) => sum + weightQ16, 0);
  let sum = 0;
  const median = sorted.find(({ weightQ16 }) => {
    sum += weightQ16;
    return 2 * sum >= total;
  });
  return Math.max(ownAge, median?.age ?? ownAge);
}

function discount(tau: number, { function: shape, a, b }: StalenessWeighting): number {
  switch (shape) {
    case "constant":
      return 1;
    case "hinge":
      return tau <= b ? 1 : 1 / (a * (tau - b) + 1);
    case "polynomial":
      return a === 0.5 ? 1 / Math.sqrt(1 + tau) : power(1 + tau, -a);
  }
}

function isAge(claim: number): boolean {
  return Number.isSafeInteger(claim) && claim >= 0;
}
