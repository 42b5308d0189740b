/** What was spent of a privacy budget, as stores, log entries and announcements have it (privacy/spent.ts computes with it). */
import { LIMITS } from "./limits.ts";

/** Noisy steps of one kind: chance of each record to be in one, in 2^-32; noise multiplier, in thousandths; how many. */
export type SpentSteps = readonly [rate: number, noise: number, steps: number];

/** One entry for each kind, sorted by rate and noise; none of nothing. */
export type Spent = readonly SpentSteps[];

/** A rate of 1. */
export const RATE_ONE: number = 2 ** 32;
/** Least and most noise multiplier, in thousandths. Below, the accountant tells epsilon much too high; above, nothing is left of what is hidden. */
export const NOISE_BOUNDS = { least: 600, most: 1_000_000 } as const;

/** Whether a decoded value is what was spent: kinds in order, none twice. */
export function isSpent(value: unknown): value is Spent {
  if (!Array.isArray(value) || value.length > LIMITS.maxNoiseKinds) return false;
  return value.every((one, i) => isSpentSteps(one) && (i === 0 || compareKinds(value[i - 1] as SpentSteps, one) < 0));
}

function isSpentSteps(value: unknown): value is SpentSteps {
  if (!Array.isArray(value) || value.length !== 3 || !value.every(Number.isSafeInteger)) return false;
  const [rate, noise, steps] = value as [number, number, number];
  return rate >= 1 && rate <= RATE_ONE && noise >= NOISE_BOUNDS.least && noise <= NOISE_BOUNDS.most && steps >= 1;
}

/** The order of kinds. */
export function compareKinds([rate, noise]: SpentSteps, [otherRate, otherNoise]: SpentSteps): number {
  return rate - otherRate || noise - otherNoise;
}
