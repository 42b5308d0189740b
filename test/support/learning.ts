/** Learning tasks and data for tests of trainers: any built-in model over any shape, with random examples. */

import { createRng } from "../../protocol/base/rng.ts";
import { inputSize, type LearningTask, outputSize, type TensorSpec } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { builtInTensors } from "../../protocol/learn/tensors.ts";

const ONE = { mean: [0], std: [1] };

export const CLASSIFY: LearningTask["output"] = { kind: "classification", classes: ["a", "b", "c"] };
export const REGRESS: LearningTask["output"] = {
  kind: "regression",
  targets: ["t", "u"],
  mean: [20, -3],
  std: [4, 0.5],
};

/** A task with the tensors that its built-in model implies; a layers model needs `tensors`. */
export function learningTask(
  model: LearningTask["model"],
  changes: Partial<Omit<LearningTask, "training" | "input">> & {
    input?: Partial<LearningTask["input"]>;
    training?: Partial<LearningTask["training"]>;
  } = {},
): LearningTask {
  const task = {
    output: CLASSIFY,
    tensors: [] as readonly TensorSpec[],
    ...changes,
    model,
    input: { shape: [5], ...ONE, ...changes.input },
    training: { learningRate: 0.1, momentum: 0, batch: 8, ...changes.training },
  };
  const tensors = builtInTensors(model, task.input.shape, outputSize(task));
  return Array.isArray(tensors) ? { ...task, tensors } : task;
}

/** Normal inputs, a third of them 0; targets at random, in the units of the data. */
export function randomData(task: LearningTask, length: number, seed: string): Dataset {
  const rng = createRng(seed);
  const { output } = task;
  const inputs = Float32Array.from({ length: length * inputSize(task) }, () => (rng.below(3) === 0 ? 0 : rng.normal()));
  if (output.kind === "classification")
    return { inputs, targets: Float32Array.from({ length }, () => rng.below(output.classes.length)), length };
  const width = output.targets.length;
  const targets = Float32Array.from({ length: length * width }, (_, i) => {
    const [mean, std] = [output.mean[i % output.mean.length] as number, output.std[i % output.std.length] as number];
    return mean + std * rng.normal();
  });
  return { inputs, targets, length };
}

/** The greatest absolute difference. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= worst)) worst = difference; // NaN counts as the worst
  }
  return worst;
}
