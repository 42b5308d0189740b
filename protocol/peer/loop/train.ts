/** Stage Trained: H local steps, or fewer on a slow device (steps.ts), from the model of the last merge. */
import { LIMITS } from "../../base/limits.ts";
import { euclideanNorm } from "../../base/norm.ts";
import { diverged, type ModelState, type Own, trained, untrained } from "../stages.ts";
import type { Fit } from "./hidden-fit.ts";

export interface TrainComponents {
  readonly fit: Fit;
}

export interface TrainOptions {
  readonly steps: number;
  /** Names the order of mini-batches. */
  readonly seed: string;
  /** Where the steps start: at the model, or beyond it (outer-momentum.ts). */
  readonly start: Float32Array;
}

export async function train(
  { fit }: TrainComponents,
  model: ModelState,
  { steps, seed, start }: TrainOptions,
): Promise<Own> {
  const result = await fit({ params: start, steps, seed, age: model.age });
  if (result === undefined) return untrained(model);
  const { params, loss } = result;
  if (!Number.isFinite(euclideanNorm(params))) return diverged(model);
  const age = Math.min(model.age + steps, LIMITS.maxAge); // liars may have lifted it
  return trained({ params, age, base: model.params, steps, loss });
}
