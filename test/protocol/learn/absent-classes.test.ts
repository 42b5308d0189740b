/** What a task with `training.absentClasses` changes in a training, for every engine that has one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTensorflowTrainer } from "../../../node/engines/tensorflow.ts";
import type { Split } from "../../../protocol/base/learning-seams.ts";
import type { LearningTask } from "../../../protocol/base/task.ts";
import { absentShift } from "../../../protocol/learn/absent-classes.ts";
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

  it("changes no bit of a training for this site alone, with shares of classes and without", async () => {
    const forSite = (task: LearningTask) =>
      createDenseTrainer({ task, train: rowsOf(2) }).fit({ ...request, forSite: true });
    const plain = await fit(taskWith());
    assert.deepEqual(await forSite(taskWith(5)), plain);
    assert.deepEqual(await forSite(taskWith(5, { output: { ...FIVE, shares: [0.1, 0.2, 0.2, 0.2, 0.3] } })), plain);
    assert.notDeepEqual(await fit(taskWith(5)), plain);
  });

  it("is what a model is measured with where it is to be seen as a training sees it, and nowhere else", async () => {
    const trainers = [taskWith(), taskWith(5)].map((task) => createDenseTrainer({ task, train: rowsOf(2) }));
    const lossOf = async (split: Split) =>
      Promise.all(trainers.map(async (trainer) => (await trainer.evaluate(request.params, split)).loss));
    for (const split of ["train", "sample"] as const) {
      const [without, kept] = await lossOf(split);
      assert.equal(kept, without);
    }
    const [without, kept] = await lossOf("training-sample");
    assert.equal(without, (await lossOf("sample"))[0]);
    assert.ok((kept as number) < (without as number) - 0.5, `${without}, ${kept}: three classes of five are absent`);
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

describe("output.shares", () => {
  const two = { kind: "classification", classes: ["a", "b"] } as const;
  const sharesOf = (shares: readonly number[], classes: readonly string[] = two.classes) =>
    taskWith(4, { output: { kind: "classification", classes: [...classes], shares: [...shares] } });
  const shiftOf = (task: LearningTask, targets: number[]) => absentShift(task, Float32Array.from(targets));
  const near = (shifts: Float32Array | undefined, wanted: readonly number[]) => {
    assert.equal(shifts?.length, wanted.length);
    for (const [k, one] of wanted.entries()) assert.ok(Math.abs((shifts?.[k] as number) - one) < 1e-6, `${shifts}`);
  };

  it("lower the logit of a class by how much rarer it is here than by its share, at most by absentClasses", () => {
    near(shiftOf(sharesOf([0.5, 0.5]), [0, 0, 0, 1]), [0, Math.log(3)]);
    near(shiftOf(sharesOf([0.2, 0.8]), [0, 0, 0, 1]), [0, Math.log(12)]);
    near(shiftOf(sharesOf([0.2, 0.3, 0.5], ["a", "b", "c"]), [0, 0, 0, 1]), [0, Math.log(4.5), 4]);
    near(shiftOf(sharesOf([0.01, 0.99]), [0, 0, 0, 1]), [0, 4]);
  });

  it("change nothing for a peer that has all classes as all rows have them; only their ratios count", () => {
    assert.equal(shiftOf(sharesOf([3, 1]), [0, 0, 0, 1]), undefined);
    assert.deepEqual(shiftOf(sharesOf([30, 50]), [0, 0, 0, 1]), shiftOf(sharesOf([0.375, 0.625]), [0, 0, 0, 1]));
  });

  it("let a model that knows both classes, as all rows have them, be learned from rows of which one in ten is of one of them", async () => {
    // The input says nothing: the best that a model can do is to tell the shares.
    const rows = {
      inputs: new Float32Array(5 * 100),
      targets: Float32Array.from({ length: 100 }, (_, i) => +(i % 10 === 0)),
      length: 100,
    };
    const params = initialParams(sharesOf([0.5, 0.5]).tensors, 1);
    const said = async (task: LearningTask) => {
      const trainer = createDenseTrainer({ task, train: rows });
      const trained = await trainer.fit({ params, steps: 400, seed: "s" });
      return Number((await trainer.predict(trained.params, new Float32Array(5)))[1]);
    };
    const [with_, without] = [await said(sharesOf([0.5, 0.5])), await said(taskWith(4, { output: two }))];
    assert.ok(Math.abs(with_ - 0.5) < 0.06 && Math.abs(without - 0.1) < 0.06, `${with_}, ${without}`);
  });

  it("are one number for each class, above 0, where a task has them", () => {
    const base = { name: "t", input: { shape: [4] }, model: { kind: "softmax" }, training: { absentClasses: 4 } };
    const task = parseTask({ ...base, output: { ...two, shares: [0.9, 0.1] } });
    assert.deepEqual(task.output.kind === "classification" && task.output.shares, [0.9, 0.1]);
    for (const [source, message] of [
      [{ ...base, output: { ...two, shares: [0.9, 0.1, 0.1] } }, /output\.shares.*3 numbers for 2 classes; give one/],
      [{ ...base, output: { ...two, shares: [1, 0] } }, /output\.shares/],
    ] as const)
      assert.throws(() => parseTask(source), { code: "ERR_TASK", message });
  });
});
