/** What every Trainer does, whatever it computes with and wherever it runs. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import { type LearningTask, numParams, outputSize } from "../../protocol/base/task.ts";
import { computeMetrics } from "../../protocol/learn/metrics/metrics.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import type { TrainerOptions } from "../../protocol/learn/trainer.ts";
import { CLASSIFY, distance, learningTask, REGRESS, randomData } from "../support/learning.ts";

/** Makes a trainer; one of them serves most tests. */
export type TrainerFactory = (options: TrainerOptions) => Promise<Trainer>;

/** Losses are computed in other orders by `fit` and `evaluate`, in float32 by some engines. */
const ROUNDING = 1e-4;

export function trainerConformance(kind: string, make: TrainerFactory): void {
  for (const output of [CLASSIFY, REGRESS]) {
    const task = learningTask(
      { kind: "mlp", hidden: [6], activation: "relu" },
      { output, input: { mean: [0.5], std: [2] }, training: { batch: 50, momentum: 0.5 } },
    );
    describe(`${kind} trainer, ${output.kind}`, () => testsOf(task, make));
  }
}

function testsOf(task: LearningTask, make: TrainerFactory): void {
  const train = randomData(task, 30, "train");
  const holdout = randomData(task, 20, "holdout");
  const params = initialParams(task.tensors, 1);
  const d = params.length;

  let shared: Trainer;
  before(async () => {
    shared = await make({ task, train, holdout });
  });
  after(() => shared.close());
  const test = (claim: string, use: (trainer: Trainer) => Promise<void>) => it(claim, () => use(shared));

  test("says its engine and how many examples it has", async (trainer) => {
    assert.match(trainer.engine, /^[a-z]+(?:\/[a-z]+)?$/);
    assert.equal(trainer.numExamples, 30);
    assert.equal(d, numParams(task));
  });

  test("gives the same bits for the same request, whatever it did before, and others for another seed", async (trainer) => {
    const small = await make({ task: { ...task, training: { ...task.training, batch: 4 } }, train });
    const request = { params, steps: 5, seed: "a" };
    for (const one of [trainer, small]) {
      const first = await one.fit(request);
      await one.fit({ params: first.params, steps: 3, seed: "b" });
      await one.evaluate(first.params, "train");
      assert.deepEqual(await one.fit(request), first);
      assert.equal(first.params.length, d);
      assert.ok(first.params.every(Number.isFinite) && Number.isFinite(first.loss));
      assert.notDeepEqual(first.params, params);
    }
    assert.notDeepEqual((await small.fit({ ...request, seed: "b" })).params, (await small.fit(request)).params);
    await small.close();
  });

  test("holds what an anchor holds, and says so, or does not say that it did", async (trainer) => {
    const pulls = task.tensors.map((_, i) => (i === 0 ? 1 : 0));
    const { params: after, isAnchored } = await trainer.fit({
      ...{ params, steps: 3, seed: "s" },
      anchor: { to: params, pulls },
    });
    const first = numParams({ tensors: task.tensors.slice(0, 1) });
    if (isAnchored) assert.equal(distance(after.subarray(0, first), params.subarray(0, first)), 0);
    assert.notDeepEqual(after.subarray(first), params.subarray(first));
  });

  test("tells sums of outputs and targets, where it tells any, in the units of the model", async (trainer) => {
    if (task.output.kind !== "regression" || trainer.outputMoments === undefined) return;
    const moments = await trainer.outputMoments(params);
    const rows = train.length;
    assert.deepEqual(
      moments.map((one) => one.rows),
      [rows, rows],
    );
    const { mean, std } = task.output;
    for (const [k, { target }] of moments.entries()) {
      let sum = 0;
      for (let row = 0; row < rows; row++)
        sum += ((train.targets[2 * row + k] as number) - (mean[k] as number)) / (std[k] as number);
      assert.ok(Math.abs(target - sum) < 1e-3, `${target} ${sum}`);
    }
  });

  test("trains on rows in units of the site, and says so, or does not say that it did", async (trainer) => {
    if (trainer.rowMoments === undefined) return;
    const { inputs, targets } = await trainer.rowMoments();
    assert.equal(inputs.length, task.input.shape.at(-1));
    assert.equal(targets.length, task.output.kind === "regression" ? task.output.targets.length : 0);
    const unitsOf = (columns: typeof inputs, scale: number) => Float32Array.from(columns.flatMap(() => [scale, 0]));
    const request = { params, steps: 2, seed: "s" };
    const same = { inputs: unitsOf(inputs, 1), targets: unitsOf(targets, 1) };
    const plain = await trainer.fit(request);
    const { isInUnits, ...told } = await trainer.fit({ ...request, units: same });
    assert.deepEqual(told, plain);
    assert.equal(isInUnits, true);
    const other = await trainer.fit({ ...request, units: { ...same, inputs: unitsOf(inputs, 2) } });
    assert.notDeepEqual(other.params, plain.params);
    assert.deepEqual(await trainer.fit(request), plain, "and in those of the task again");
  });

  test("goes down: the loss of a training is that before each of its steps, and falls", async (trainer) => {
    const before = await trainer.evaluate(params, "train");
    const one = await trainer.fit({ params, steps: 1, seed: "s" });
    assert.ok(Math.abs(one.loss - before.loss) < ROUNDING, `${one.loss} and ${before.loss}: one batch is all examples`);
    const { params: trained, loss } = await trainer.fit({ params, steps: 40, seed: "s" });
    const after = await trainer.evaluate(trained, "train");
    assert.ok(after.loss < loss && loss < before.loss, `${after.loss} ${loss} ${before.loss}`);
  });

  test("changes nothing that it is given, detaches nothing, and gives arrays of its own", async (trainer) => {
    const wide = new Float32Array(d + 8).fill(7);
    wide.set(params, 4);
    const view = wide.subarray(4, 4 + d);
    const inputs = holdout.inputs.slice();
    const request = { params: view, steps: 2, seed: "s" };
    const { params: first } = await trainer.fit(request);
    const expected = first.slice();
    first.fill(0);
    const { params: second } = await trainer.fit(request);
    assert.deepEqual(second, expected);
    const predicted = await trainer.predict(view, inputs);
    const kept = predicted.slice();
    predicted.fill(0);
    assert.deepEqual(await trainer.predict(view, inputs), kept);
    assert.deepEqual([view, inputs], [params, holdout.inputs]);
    assert.deepEqual([wide[3], wide.at(-1)], [7, 7]);
  });

  test("answers calls that are made at once each with its own result", async (trainer) => {
    const requests = ["a", "b", "c"].map((seed, i) => ({ params, steps: i + 1, seed }));
    const together = await Promise.all(requests.map((request) => trainer.fit(request)));
    for (const [i, request] of requests.entries()) assert.deepEqual(await trainer.fit(request), together[i]);
  });

  test("predicts a row for each row of inputs, none for none", async (trainer) => {
    const width = outputSize(task);
    const predictions = await trainer.predict(params, holdout.inputs);
    assert.equal(predictions.length, 20 * width);
    const alone = await trainer.predict(params, holdout.inputs.subarray(0, 5));
    assert.ok(distance(alone, predictions.subarray(0, width)) < ROUNDING);
    const wide = await trainer.predict(params, Float64Array.from(holdout.inputs));
    assert.ok(distance(wide, predictions) < ROUNDING);
    assert.equal((await trainer.predict(params, new Float32Array(0))).length, 0);
    if (task.output.kind !== "classification") return;
    for (let row = 0; row < 20; row++) {
      const sum = [0, 1, 2].reduce((total, i) => total + (predictions[3 * row + i] as number), 0);
      assert.ok(Math.abs(sum - 1) < ROUNDING, `${sum}`);
    }
  });

  test("has the figures of its predictions, of either split, and only those that apply", async (trainer) => {
    for (const [split, data] of [
      ["train", train],
      ["holdout", holdout],
    ] as const) {
      const figures = await trainer.evaluate(params, split);
      const { loss, ...expected } = computeMetrics(
        task.output,
        await trainer.predict(params, data.inputs),
        data.targets,
      );
      assert.ok(Math.abs(figures.loss - loss) < ROUNDING);
      assert.deepEqual({ ...figures, loss: undefined }, { ...expected, loss: undefined });
      assert.deepEqual(
        Object.keys(figures).sort(),
        task.output.kind === "classification"
          ? ["accuracy", "loss", "macroF1", "numExamples", "worstClass", "worstClassIndex", "worstClassRows"]
          : ["loss", "numExamples", "r2", "rmse"],
      );
    }
  });

  test("rejects parameters of another length, steps that are none, and half a row with RangeError, and goes on", async (trainer) => {
    for (const wrong of [params.slice(1), new Float32Array(0), new Float32Array(d + 1)]) {
      await assert.rejects(trainer.fit({ params: wrong, steps: 1, seed: "s" }), RangeError);
      await assert.rejects(trainer.evaluate(wrong, "train"), RangeError);
      await assert.rejects(trainer.predict(wrong, holdout.inputs), RangeError);
    }
    for (const steps of [0, -1, 1.5, Number.NaN])
      await assert.rejects(trainer.fit({ params, steps, seed: "s" }), RangeError);
    await assert.rejects(trainer.predict(params, new Float32Array(7)), RangeError);
    assert.equal((await trainer.evaluate(params, "train")).numExamples, 30);
  });

  it("has the figures of a sample: of all examples where they are few, else of always the same few", async () => {
    const many = randomData(task, 1000, "many");
    const [few, trainer] = [await make({ task, train }), await make({ task, train: many })];
    assert.deepEqual(await few.evaluate(params, "sample"), await few.evaluate(params, "train"));
    const both = await make({ task, train, holdout: many });
    const held = await both.evaluate(params, "holdout-sample");
    assert.equal(held.numExamples, LIMITS.maxSampleRows);
    assert.deepEqual(await both.evaluate(params, "holdout-sample"), held);
    const [sample, all] = [await trainer.evaluate(params, "sample"), await trainer.evaluate(params, "train")];
    assert.equal(sample.numExamples, LIMITS.maxSampleRows);
    assert.deepEqual(await trainer.evaluate(params, "sample"), sample);
    assert.ok(Math.abs(sample.loss / all.loss - 1) < 0.5 && sample.loss !== all.loss, `${sample.loss} of ${all.loss}`);
    assert.deepEqual(held, sample, "the rows that would be taken of as many to train on");
    for (const one of [few, trainer, both]) await one.close();
  });

  it("rejects with ERR_DATA to train on no examples, and to evaluate on none; predicts all the same", async () => {
    const trainer = await make({ task, train: randomData(task, 0, "none") });
    assert.equal(trainer.numExamples, 0);
    await assert.rejects(trainer.fit({ params, steps: 1, seed: "s" }), { code: "ERR_DATA" });
    for (const split of ["train", "sample", "holdout", "holdout-sample"] as const)
      await assert.rejects(trainer.evaluate(params, split), { code: "ERR_DATA" });
    assert.equal((await trainer.predict(params, holdout.inputs)).length, 20 * outputSize(task));
    await trainer.close();
  });

  it("takes other rows in place of its own, where it can, and then trains and is measured as one that began with them", async () => {
    const other = randomData(task, 17, "other");
    const [changed, fresh] = [await make({ task, train, holdout }), await make({ task, train: other, holdout: train })];
    await changed.evaluate(params, "sample");
    const before = changed.revision;
    if (changed.replace !== undefined) {
      await changed.replace({ train: other, holdout: train });
      assert.equal(changed.numExamples, 17);
      assert.notEqual(changed.revision, before);
      const request = { params, steps: 3, seed: "s" };
      assert.deepEqual((await changed.fit(request)).params, (await fresh.fit(request)).params);
      for (const split of ["train", "sample", "holdout", "holdout-sample"] as const)
        assert.deepEqual(await changed.evaluate(params, split), await fresh.evaluate(params, split));
    }
    for (const one of [changed, fresh]) await one.close();
  });

  it("may be closed twice", async () => {
    const trainer = await make({ task, train });
    await trainer.close();
    await trainer.close();
  });
}
