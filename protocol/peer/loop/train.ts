/** Stage Trained: local steps, H of them or fewer (steps.ts), from the model that the peer has come to. */
import { LIMITS } from "../../base/limits.ts";
import { euclideanNorm } from "../../base/norm.ts";
import { diverged, type ModelState, type Own, trained, untrained } from "../stages.ts";
import type { Fit } from "./hidden-fit.ts";

export interface TrainComponents {
  readonly fit: Fit;
}

export interface Training {
  readonly steps: number;
  /** Names the order of mini-batches. */
  readonly seed: string;
  /** From where it starts: the model, or beyond it (outer-momentum.ts). */
  readonly start: Float32Array;
}

export async function train(
  { fit }: TrainComponents,
  model: ModelState,
  { steps, seed, start }: Training,
): Promise<Own> {
  const result = await fit({ params: start, steps, seed, age: model.age });
  if (result === undefined) return untrained(model);
  const { params, loss } = result;
  if (!Number.isFinite(euclideanNorm(params))) return diverged(model);
  const age = Math.min(model.age + steps, LIMITS.maxAge); // liars may have lifted it
  return trained({ params, age, base: model.params, steps, loss });
}
