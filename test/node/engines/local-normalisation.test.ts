/** Personal method fedbn with a model of normalisation layers, as TensorFlow trains it: two sites whose sensors count from another zero and in another unit. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTensorflowTrainer, tensorsOfTopology } from "../../../node/engines/tensorflow.ts";
import { sharedTask } from "../../../protocol/base/shared-tensors.ts";
import type { Task } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { withPersonal } from "../../../protocol/learn/personal/personal-trainer.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { blobs } from "../../support/blobs.ts";
import { distance, learningTask } from "../../support/learning.ts";

const layer = (class_name: string, config: Record<string, unknown>) => ({ class_name, config });
const TOPOLOGY = JSON.stringify({
  class_name: "Sequential",
  config: {
    name: "net",
    layers: [
      layer("BatchNormalization", { name: "norm", axis: -1, momentum: 0.8, batch_input_shape: [null, 6] }),
      layer("Dense", { name: "body", units: 8, activation: "tanh" }),
      layer("Dense", { name: "out", units: 3, activation: "softmax" }),
    ],
  },
});
const output = { kind: "classification" as const, classes: ["a", "b", "c"] };
const frame = learningTask({ kind: "layers", topology: TOPOLOGY }, { output, input: { shape: [6] } });

async function taskOf(personal?: { readonly method: string }): Promise<Task> {
  return parseTask({
    ...{ name: "sensors", input: { shape: [6] }, output, ...(personal && { personal }) },
    ...{ model: { kind: "layers", topology: TOPOLOGY }, tensors: await tensorsOfTopology(TOPOLOGY, frame) },
    training: { learningRate: 0.1, batch: 16 },
  });
}

/** Rows of one kind through the sensors of a site. */
function sensed(scale: number, zero: number, rows: Dataset): Dataset {
  return { ...rows, inputs: rows.inputs.map((x) => scale * x + zero) };
}

/** Two sites that train, and go on from the mean of what they share: their own parts, and how often each is right in the end. */
async function learned(task: Task) {
  const trainers = await Promise.all(
    [sensed(1, 0, blobs(120, 1)), sensed(5, 20, blobs(120, 2))].map(async (train, i) => {
      const holdout = i === 0 ? blobs(120, 3) : sensed(5, 20, blobs(120, 3));
      return withPersonal(task, await createTensorflowTrainer({ task, train, holdout, backend: "cpu" }));
    }),
  );
  let shared = initialParams(sharedTask(task).tensors, task.seed);
  for (let round = 0; round < 12; round++) {
    const given: Float32Array[] = [];
    for (const trainer of trainers)
      given.push((await trainer.fit({ params: shared, steps: 8, seed: `${round}`, age: 8 * round })).params);
    shared = shared.map((_, i) => ((given[0]?.[i] ?? 0) + (given[1]?.[i] ?? 0)) / 2);
  }
  const right: number[] = [];
  for (const trainer of trainers) {
    right.push((await trainer.evaluate(shared, "holdout")).accuracy ?? 0);
    await trainer.close();
  }
  return { shared, right, own: trainers.map(({ personal }) => personal?.state() ?? new Float32Array(0)) };
}

describe("fedbn on a model with normalisation layers", () => {
  it("keeps scale, shift and statistics at the site, and shares a model that serves sensors of another zero and unit", async () => {
    const task = await taskOf({ method: "fedbn" });
    assert.deepEqual(
      sharedTask(task).tensors.map(([name]) => name),
      ["body/kernel", "body/bias", "out/kernel", "out/bias"],
    );
    const { shared, right, own } = await learned(task);
    assert.equal(shared.length, 6 * 8 + 8 + 8 * 3 + 3);
    const [here = [], there = []] = own.map((part) => part.subarray(12, 18)); // after gamma and beta: the means
    assert.equal(own[0]?.length, 4 * 6);
    assert.ok(
      distance(
        there,
        Float32Array.from(here, (mean) => 5 * mean + 20),
      ) < 5,
      "means of the own sensors",
    );
    const worst = Math.min(...right);
    assert.ok(worst > 0.9, `${right}`);
    const common = await learned(await taskOf());
    assert.ok(Math.min(...common.right) < worst - 0.1, `one model for all: ${common.right}`);
  });
});
