/**
 * What was spent of a privacy budget, in whole numbers: so many noisy steps of each kind of noise. It stands in stores, log entries and
 * announcements, and says by itself what epsilon is: whoever reads it repeats the accounting. It only grows.
 */
import { LIMITS } from "../base/limits.ts";
import { compareKinds, RATE_ONE, type Spent, type SpentSteps } from "../base/spent.ts";
import { epsilonOf } from "./accountant.ts";
import type { NoiseKind } from "./mechanism.ts";

/** `open`: trainings go on; `spent`: the next would go beyond the budget; `unknown`: what was spent has to be told by others first. */
export type BudgetState = "open" | "spent" | "unknown";

/** What is spent of a budget, as a store tells it. */
export interface SavedPrivacy {
  readonly mechanism: string;
  /** Spent so far, and in all. */
  readonly epsilon: number;
  readonly maxEpsilon: number;
  readonly delta: number;
  /** Noisy steps so far. */
  readonly steps: number;
}

/** What is left of a budget, for people. */
export interface PrivacyStatus extends SavedPrivacy {
  readonly state: BudgetState;
  readonly noiseMultiplier: number;
  /** Chance of each record to be in a step. */
  readonly rate: number;
}

/** Epsilon in logs: millionths, rounded up. */
export const EPSILON_UNIT = 1e-6;

/**
 * Epsilon in millionths, rounded up.
 * @example
 * import { epsilonSpent } from "hearsay/protocol/privacy/spent";
 * epsilonSpent([[2 ** 32, 5000, 10]], 1e-5); // -> 2814110
 * epsilonSpent([], 1e-5); // -> 0
 */
export function epsilonSpent(spent: Spent, delta: number): number {
  const steps = spent.map(([rate, noise, count]) => {
    return { rate: rate / RATE_ONE, noiseMultiplier: noise / 1000, steps: count };
  });
  return Math.ceil(epsilonOf(steps, delta) / EPSILON_UNIT);
}

/** All noisy steps. */
export function stepsSpent(spent: Spent): number {
  return spent.reduce((sum, [, , steps]) => sum + steps, 0);
}

/**
 * Both together, of different steps.
 * @example
 * import { sumOfSpent } from "hearsay/protocol/privacy/spent";
 * sumOfSpent([[100, 1000, 5]], [[100, 1000, 2], [200, 1000, 1]]); // -> [[100, 1000, 7], [200, 1000, 1]]
 */
export function sumOfSpent(one: Spent, other: Spent): Spent {
  return combined(one, other, (a, b) => a + b);
}

/**
 * What both tell at least, where each may know of steps that the other tells of too.
 * @example
 * import { mostOfSpent } from "hearsay/protocol/privacy/spent";
 * mostOfSpent([[100, 1000, 5]], [[100, 1000, 2], [200, 1000, 1]]); // -> [[100, 1000, 5], [200, 1000, 1]]
 */
export function mostOfSpent(one: Spent, other: Spent): Spent {
  return combined(one, other, Math.max);
}

/** Steps of one kind. */
export function spentOn({ rate, noise }: NoiseKind, steps: number): Spent {
  return steps === 0 ? [] : [[rate, noise, steps]];
}

function combined(one: Spent, other: Spent, join: (a: number, b: number) => number): Spent {
  const counts = new Map<string, SpentSteps>();
  for (const [rate, noise, steps] of [...one, ...other]) {
    const key = `${rate}/${noise}`;
    const before = counts.get(key);
    counts.set(key, [
      rate,
      noise,
      before === undefined ? steps : Math.min(join(before[2], steps), Number.MAX_SAFE_INTEGER),
    ]);
  }
  return withinBound([...counts.values()].sort(compareKinds));
}

/** Where there are too many kinds, the two with the fewest steps become one that costs no less than both. */
function withinBound(spent: readonly SpentSteps[]): Spent {
  if (spent.length <= LIMITS.maxNoiseKinds) return spent;
  const [a, b] = [...spent].sort((one, other) => one[2] - other[2]) as [SpentSteps, SpentSteps];
  const joined: SpentSteps = [Math.max(a[0], b[0]), Math.min(a[1], b[1]), a[2] + b[2]];
  return combined(
    spent.filter((one) => one !== a && one !== b),
    [joined],
    (x, y) => x + y,
  );
}
