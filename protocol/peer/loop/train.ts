/** Stage Trained: local steps, H of them or fewer (steps.ts), from the model that the peer has come to. */
import { LIMITS } from "../../base/limits.ts";
import type { Trainer } from "../../base/seams.ts";
import { euclideanNorm } from "../inbound/validate.ts";
import { type Diverged, diverged, type ModelState, type Trained, trained } from "../stages.ts";

export interface TrainComponents {
  readonly trainer: Trainer;
}

export interface Training {
  readonly steps: number;
  /** Names the order of mini-batches. */
  readonly seed: string;
  /** From where it starts: the model, or beyond it (outer-momentum.ts). */
  readonly start: Float32Array;
}

export async function train(
  { trainer }: TrainComponents,
  model: ModelState,
  { steps, seed, start }: Training,
): Promise<Trained | Diverged> {
  const { params, loss } = await trainer.fit({ params: start, steps, seed, age: model.age });
  if (!Number.isFinite(euclideanNorm(params))) return diverged(model);
  const age = Math.min(model.age + steps, LIMITS.maxAge); // liars may have lifted it
  return trained({ params, age, base: model.params, steps, loss });
}
