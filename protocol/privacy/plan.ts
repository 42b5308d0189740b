/** What a training would cost of a privacy budget, before anybody starts it. */

import { formatNumber } from "../base/figures.ts";
import { RATE_ONE } from "../base/spent.ts";
import { epsilonOf, noiseFor } from "./accountant.ts";
import { samplingRate } from "./sampling-rate.ts";

export interface PlanRequest {
  /** Records of one peer. */
  readonly rows: number;
  /** Records in a step, on average. */
  readonly batch: number;
  /** How often each record is to be used, on average. */
  readonly epochs: number;
  readonly delta: number;
}

export interface Plan {
  /** Chance of each record to be in a step. */
  readonly rate: number;
  readonly steps: number;
  readonly noiseMultiplier: number;
  /** After all steps. */
  readonly epsilon: number;
}

const MOST_DELTA = 1e-5;
/** Every record of a peer may be lost by bad luck once in so many peers. */
const FAILURES = 5;

/**
 * A delta for so many rows: a power of ten of at most 1 / (5 rows), and at most 1e-5. With one of 1 / rows a mechanism that publishes a record of its choice would keep the promise.
 * @example
 * import { deltaFor } from "hearsay/protocol/privacy/plan";
 * deltaFor(300_000); // -> 1e-7
 */
export function deltaFor(rows: number): number {
  let delta = MOST_DELTA;
  while (delta * FAILURES * rows > 1) delta /= 10;
  return Number(delta.toExponential(0));
}

/**
 * What is wrong with a delta for so many rows, in words: undefined where it is below 1 / rows.
 * @example
 * import { weakDelta } from "hearsay/protocol/privacy/plan";
 * weakDelta({ rows: 1437, delta: 1e-5 }); // -> undefined
 */
export function weakDelta({ rows, delta }: Pick<PlanRequest, "rows" | "delta">): string | undefined {
  if (delta * rows < 1) return undefined;
  return `a delta of ${formatNumber(delta)} is no promise to ${formatNumber(rows, 9)} rows: with it, whole records may be published`;
}

/** Steps in which each record is used so often on average. */
export function stepsOf({ rows, batch, epochs }: Omit<PlanRequest, "delta">): number {
  return Math.max(1, Math.ceil(epochs / (samplingRate(rows, batch) / RATE_ONE)));
}

/**
 * The plan with the least noise that keeps within `epsilon`; undefined where no noise does.
 * @example
 * import { planFor } from "hearsay/protocol/privacy/plan";
 * const plan = planFor({ rows: 1437, batch: 32, epochs: 20, delta: 1e-5 }, 8);
 * plan.steps; // -> 906
 * plan.epsilon <= 8; // -> true
 */
export function planFor(request: PlanRequest, epsilon: number): Plan | undefined {
  const rate = samplingRate(request.rows, request.batch) / RATE_ONE;
  const steps = stepsOf(request);
  const noiseMultiplier = noiseFor({ rate, steps, epsilon, delta: request.delta });
  return noiseMultiplier === undefined ? undefined : planWith(request, noiseMultiplier);
}

/** The plan with this noise. */
export function planWith(request: PlanRequest, noiseMultiplier: number): Plan {
  const rate = samplingRate(request.rows, request.batch) / RATE_ONE;
  const steps = stepsOf(request);
  return { rate, steps, noiseMultiplier, epsilon: epsilonOf([{ rate, noiseMultiplier, steps }], request.delta) };
}
