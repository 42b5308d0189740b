/** What a task with `training.maxGradientNorm` changes in a training, for every engine that has one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTensorflowTrainer } from "../../../../node/engines/tensorflow.ts";
import type { LearningTask } from "../../../../protocol/base/task.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { clippingFactor } from "../../../../protocol/learn/optimisers/clipping.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { distance, learningTask, randomData } from "../../../support/learning.ts";

const ROWS = 20;
const MODEL = { kind: "mlp", hidden: [7], activation: "relu" } as const;
const taskWith = (maxGradientNorm?: number, training: Partial<LearningTask["training"]> = {}) =>
  learningTask(MODEL, {
    training: { learningRate: 1, batch: ROWS, ...training, ...(maxGradientNorm !== undefined && { maxGradientNorm }) },
  });
const train = randomData(taskWith(), ROWS, "rows");
const params = initialParams(taskWith().tensors, 1);

const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** What the first step takes away, which is the gradient at a rate of 1. */
async function stepOf(task: LearningTask): Promise<Float64Array> {
  const { params: after } = await createDenseTrainer({ task, train }).fit({ params, steps: 1, seed: "s" });
  return Float64Array.from(params, (x, i) => x - (after[i] as number));
}

describe("the factor of a gradient", () => {
  it("is the bound over the norm, and 1 where the norm is within the bound, or no number", () => {
    assert.equal(clippingFactor(100, 5), 0.5);
    assert.deepEqual(
      [25, 24.9, 0].map((squared) => clippingFactor(squared, 5)),
      [1, 1, 1],
    );
    assert.deepEqual(
      [Number.NaN, Number.POSITIVE_INFINITY].map((squared) => clippingFactor(squared, 5)),
      [1, 1],
    );
  });
});

describe("training.maxGradientNorm", () => {
  it("shortens a longer gradient of a batch to that norm, over all parameters together, and keeps its direction", async () => {
    const whole = await stepOf(taskWith());
    const bound = norm(whole) / 3;
    const cut = await stepOf(taskWith(bound));
    assert.ok(Math.abs(norm(cut) - bound) < 1e-5 * bound + 1e-6, `${norm(cut)} for ${bound}`);
    assert.ok(
      distance(
        cut,
        whole.map((g) => g / 3),
      ) < 1e-6,
    );
  });

  it("changes no bit of trainings whose gradients are shorter", async () => {
    const [without, within] = [taskWith(), taskWith(1000)].map((task) =>
      createDenseTrainer({ task, train }).fit({ params, steps: 5, seed: "s" }),
    );
    assert.deepEqual(await within, await without);
  });

  it("is of the gradient, before the optimiser sums it up", async () => {
    const bound = norm(await stepOf(taskWith())) / 5;
    const task = taskWith(bound, { optimiser: "momentum", momentum: 0.5, learningRate: 1e-3 });
    const { params: after } = await createDenseTrainer({ task, train }).fit({ params, steps: 3, seed: "s" });
    const moved = norm(Float64Array.from(params, (x, i) => x - (after[i] as number)));
    // at so small a rate all three gradients are about the same: 1, 1.5 and 1.75 times the bound
    assert.ok(Math.abs(moved / (4.25e-3 * bound) - 1) < 0.02, `${moved}`);
  });

  it("lets two tasks of one model have a bound each", async () => {
    const whole = norm(await stepOf(taskWith()));
    for (const share of [0.5, 0.25, 0.5]) {
      const found = norm(await stepOf(taskWith(share * whole)));
      assert.ok(Math.abs(found / whole - share) < 1e-5, `${found}`);
    }
  });

  it("is the same training in every engine", async () => {
    const bound = norm(await stepOf(taskWith())) / 2;
    const task = taskWith(bound, { learningRate: 0.5, batch: 8, momentum: 0.5 });
    const request = { params, steps: 10, seed: "s" };
    const kernels = await createDenseTrainer({ task, train }).fit(request);
    assert.deepEqual(await createDenseTrainer({ task, train, plain: true }).fit(request), kernels);
    const tensorflow = await createTensorflowTrainer({ task, train, backend: "wasm" });
    const other = await tensorflow.fit(request);
    assert.ok(distance(other.params, kernels.params) < 1e-4, `${distance(other.params, kernels.params)}`);
    await tensorflow.close();
    const { maxGradientNorm: _, ...unbounded } = task.training;
    const free = await createDenseTrainer({ task: taskWith(undefined, unbounded), train }).fit(request);
    assert.ok(distance(free.params, kernels.params) > 1e-2, "the bound was met");
  });

  it("is a number above 0 in the task, and left out where it says nothing", () => {
    const output = { kind: "classification", classes: ["a", "b"] };
    const taskOf = (training: object) =>
      parseTask({ name: "t", input: { shape: [3] }, output, model: { kind: "softmax" }, training });
    assert.equal(taskOf({ maxGradientNorm: 2 }).training.maxGradientNorm, 2);
    assert.equal("maxGradientNorm" in taskOf({}).training, false);
    for (const maxGradientNorm of [0, -1, 1e7, "1"])
      assert.throws(() => taskOf({ maxGradientNorm }), { code: "ERR_TASK", message: /training\.maxGradientNorm/ });
  });
});
