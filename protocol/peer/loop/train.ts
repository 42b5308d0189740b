/** Stage Trained: H local steps from the model that the peer has come to. */
import { LIMITS } from "../../base/limits.ts";
import type { Trainer } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import { euclideanNorm } from "../inbound/validate.ts";
import { type Diverged, diverged, type ModelState, type Trained, trained } from "../stages.ts";

export interface TrainComponents {
  readonly task: Task;
  readonly trainer: Trainer;
}

/** @param seed names the order of mini-batches. */
export async function train(
  { task, trainer }: TrainComponents,
  model: ModelState,
  seed: string,
): Promise<Trained | Diverged> {
  const { steps } = task.training;
  const { params, loss } = await trainer.fit({ params: model.params, steps, seed });
  if (!Number.isFinite(euclideanNorm(params))) return diverged(model);
  const age = Math.min(model.age + steps, LIMITS.maxAge); // liars may have lifted it
  return trained({ params, age, base: model.params, steps, loss });
}
