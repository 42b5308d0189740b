/** What a task with `training.absentClasses` changes in a training, for every engine that has one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTensorflowTrainer } from "../../../node/engines/tensorflow.ts";
import type { LearningTask } from "../../../protocol/base/task.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { distance, learningTask, REGRESS, randomData } from "../../support/learning.ts";

const MODEL = { kind: "mlp", hidden: [6], activation: "relu" } as const;
const FIVE = { kind: "classification", classes: ["a", "b", "c", "d", "e"] } as const;
const taskWith = (absentClasses?: number, changes: Partial<LearningTask> = {}) =>
  learningTask(MODEL, {
    output: FIVE,
    ...changes,
    training: { ...(absentClasses !== undefined && { absentClasses }) },
  });

/** Rows of the classes 0 to `classes` - 1 only. */
function rowsOf(classes: number) {
  const data = randomData(taskWith(), 60, "rows");
  return { ...data, targets: Float32Array.from(data.targets, (_, i) => i % classes) };
}

const request = { params: initialParams(taskWith().tensors, 1), steps: 40, seed: "s" };
const fit = (task: LearningTask, train = rowsOf(2)) => createDenseTrainer({ task, train }).fit(request);

/** Mean probability, over other rows, of classes of which there was no row. */
async function left(task: LearningTask, params: Float32Array) {
  const trainer = createDenseTrainer({ task, train: rowsOf(2) });
  const probabilities = await trainer.predict(params, randomData(task, 50, "others").inputs);
  return Array.from(probabilities).reduce((sum, one, i) => sum + (i % 5 >= 2 ? one : 0), 0) / 50;
}

describe("training.absentClasses", () => {
  it("keeps in the model what classes without an own row had, of which a training else leaves little", async () => {
    const [without, kept] = [taskWith(), taskWith(5)];
    const before = await left(without, request.params);
    const unlearned = await left(without, (await fit(without)).params);
    const after = await left(kept, (await fit(kept)).params);
    assert.ok(unlearned < before / 4 && after > 0.8 * before, `${before}, ${unlearned}, ${after}`);
  });

  it("changes no bit of a training on rows of all classes, or of a regression", async () => {
    assert.deepEqual(await fit(taskWith(5), rowsOf(5)), await fit(taskWith(), rowsOf(5)));
    const task = learningTask(MODEL, { output: REGRESS });
    const params = initialParams(task.tensors, 1);
    const train = randomData(task, 20, "t");
    const trainings = [undefined, 5].map((absentClasses) =>
      createDenseTrainer({
        task: { ...task, training: { ...task.training, ...(absentClasses !== undefined && { absentClasses }) } },
        train,
      }).fit({ params, steps: 3, seed: "s" }),
    );
    assert.deepEqual(await trainings[1], await trainings[0]);
  });

  it("is the same training in every engine", async () => {
    const task = taskWith(5);
    const trainer = await createTensorflowTrainer({ task, train: rowsOf(2), backend: "wasm" });
    const dense = await fit(task);
    const other = await trainer.fit(request);
    await trainer.close();
    assert.ok(distance(dense.params, other.params) < 1e-4 && Math.abs(dense.loss - other.loss) < 1e-4);
  });

  it("is of classifications by models whose last tensor is the bias of the classes", () => {
    const base = { name: "t", input: { shape: [4] }, model: { kind: "softmax" }, output: FIVE };
    assert.equal(parseTask({ ...base, training: { absentClasses: 4 } }).training.absentClasses, 4);
    assert.equal(parseTask(base).training.absentClasses, undefined);
    const wrong = [
      { ...base, output: { kind: "regression", targets: ["y"] }, training: { absentClasses: 4 } },
      { ...base, model: { kind: "layers", topology: "{}" }, tensors: [["w", [1]]], training: { absentClasses: 4 } },
      ...[0, -1, 21].map((absentClasses) => ({ ...base, training: { absentClasses } })),
    ];
    for (const source of wrong)
      assert.throws(() => parseTask(source), { code: "ERR_TASK", message: /absentClasses/ }, JSON.stringify(source));
  });
});
