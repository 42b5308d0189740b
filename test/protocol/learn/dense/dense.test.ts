import assert from "node:assert/strict";
import { test } from "node:test";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { LearningTask } from "../../../../protocol/base/task.ts";
import { createBatches, gatherRows } from "../../../../protocol/learn/data/batches.ts";
import { type Dataset, standardise } from "../../../../protocol/learn/data/dataset.ts";
import { prepareData } from "../../../../protocol/learn/data/prepare.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { computeMetrics } from "../../../../protocol/learn/metrics/metrics.ts";
import { initialParams, tensorSlices } from "../../../../protocol/learn/tensors.ts";
import { CLASSIFY, distance, learningTask, REGRESS, randomData } from "../../../support/learning.ts";

const MODELS: readonly LearningTask["model"][] = [
  { kind: "softmax" },
  { kind: "mlp", hidden: [7], activation: "relu" },
  { kind: "mlp", hidden: [6, 4], activation: "tanh" },
];
const TASKS = MODELS.flatMap((model) =>
  [CLASSIFY, REGRESS].map((output) =>
    learningTask(model, { output, input: { mean: [0.5], std: [2] }, training: { learningRate: 1, batch: 100 } }),
  ),
);

const label = ({ model, output }: LearningTask) =>
  `${model.kind === "mlp" ? `${model.activation} mlp ${model.hidden}` : model.kind}, ${output.kind}`;

/** Random parameters, biases too: at 0 some gradients would vanish by symmetry. */
function randomParams({ tensors }: LearningTask): Float32Array {
  const rng = createRng("params");
  return initialParams(tensors, 1).map(() => 0.5 * rng.normal());
}

/** The loss in double precision, written down from the formulas and nothing else. */
function referenceLoss(task: LearningTask, params: Float64Array, data: Dataset): number {
  const { inputs, targets, length } = prepareData(task, data);
  const slices = tensorSlices(task.tensors);
  const width = inputs.length / length;
  let loss = 0;
  for (let row = 0; row < length; row++) {
    let x = Array.from(inputs.subarray(row * width, (row + 1) * width));
    for (let l = 0; l < slices.length; l += 2) {
      const [kernel, bias] = slices.slice(l, l + 2) as [(typeof slices)[0], (typeof slices)[0]];
      const z = Array.from({ length: bias.length }, (_, j) =>
        x.reduce(
          (sum, value, i) => sum + value * (params[kernel.offset + i * bias.length + j] as number),
          params[bias.offset + j] as number,
        ),
      );
      const hidden = task.model.kind === "mlp" && l + 2 < slices.length ? task.model.activation : "linear";
      x = z.map((value) => (hidden === "relu" ? Math.max(0, value) : hidden === "tanh" ? Math.tanh(value) : value));
    }
    if (task.output.kind === "classification")
      loss += Math.log(x.reduce((sum, z) => sum + Math.exp(z), 0)) - (x[targets[row] as number] as number);
    else loss += x.reduce((sum, y, k) => sum + (y - (targets[row * x.length + k] as number)) ** 2, 0) / x.length;
  }
  return loss / length;
}

for (const task of TASKS) {
  test(`a step goes along the gradient, as central differences give it (${label(task)})`, async () => {
    const data = randomData(task, 13, "data");
    const params = randomParams(task);
    const { params: after, loss } = await createDenseTrainer({ task, train: data }).fit({
      params,
      steps: 1,
      seed: "s",
    });
    const exact = Float64Array.from(params);
    assert.ok(Math.abs(loss - referenceLoss(task, exact, data)) < 1e-5);
    const numeric = exact.map((value, i) => {
      const at = (x: number) => referenceLoss(task, exact.with(i, x), data);
      return (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
    });
    const analytic = params.map((value, i) => value - (after[i] as number));
    assert.ok(distance(analytic, numeric) < 2e-6, `off by ${distance(analytic, numeric)}`);
  });

  test(`figures are those of the predictions (${label(task)})`, async () => {
    const [train, holdout] = [randomData(task, 600, "train"), randomData(task, 9, "holdout")];
    const trainer = createDenseTrainer({ task, train, holdout });
    const params = randomParams(task);
    for (const [split, data] of [
      ["train", train],
      ["holdout", holdout],
    ] as const) {
      const predictions = await trainer.predict(params, data.inputs);
      const metrics = await trainer.evaluate(params, split);
      assert.deepEqual(metrics, computeMetrics(task.output, predictions, data.targets));
      assert.ok(Math.abs(metrics.loss - referenceLoss(task, Float64Array.from(params), data)) < 1e-4);
    }
  });
}

test("fit takes v <- mu v + g, x <- x - lr v on the batches of createBatches, with v = 0 at the start", async () => {
  const task = learningTask(MODELS[1] as LearningTask["model"], {
    training: { learningRate: 0.3, momentum: 0.9, batch: 4 },
  });
  const data = randomData(task, 10, "data");
  const start = randomParams(task);
  const nextBatch = createBatches(10, 4, "seed");
  const velocity = new Float64Array(start.length);
  let expected: Float32Array = start;
  let lossSum = 0;
  for (let step = 0; step < 6; step++) {
    const indices = nextBatch();
    const batch = { inputs: new Float32Array(4 * 5), targets: new Float32Array(4), length: 4 };
    gatherRows(data.inputs as Float32Array, 5, indices, batch.inputs);
    gatherRows(data.targets as Float32Array, 1, indices, batch.targets);
    const plain = learningTask(task.model, { training: { learningRate: 1, batch: 4 } });
    const { params, loss } = await createDenseTrainer({ task: plain, train: batch }).fit({
      params: expected,
      steps: 1,
      seed: "",
    });
    lossSum += loss;
    expected = expected.map((x, i) => {
      velocity[i] = 0.9 * (velocity[i] as number) + (x - (params[i] as number));
      return x - 0.3 * (velocity[i] as number);
    });
  }
  const trainer = createDenseTrainer({ task, train: data });
  const result = await trainer.fit({ params: start, steps: 6, seed: "seed" });
  assert.ok(distance(result.params, expected) < 1e-5);
  assert.ok(Math.abs(result.loss - lossSum / 6) < 1e-5);
});

test("fit is a function of its request: same bits again, whatever came between; its input stays", async () => {
  const task = learningTask({ kind: "mlp", hidden: [7], activation: "tanh" }, { training: { momentum: 0.9 } });
  const train = randomData(task, 30, "data");
  const [trainer, other] = [createDenseTrainer({ task, train }), createDenseTrainer({ task, train })];
  const params = randomParams(task);
  const before = params.slice();
  const first = await trainer.fit({ params, steps: 9, seed: "a" });
  const elsewhere = await trainer.fit({ params, steps: 9, seed: "b" });
  assert.deepEqual(await trainer.fit({ params, steps: 9, seed: "a" }), first);
  assert.deepEqual(await other.fit({ params, steps: 9, seed: "a" }), first);
  assert.notDeepEqual(elsewhere, first);
  assert.deepEqual(params, before);
});

test("each model learns what it can represent", async () => {
  for (const { model, output } of TASKS) {
    const task = learningTask(model, { output, training: { learningRate: 0.1, momentum: 0.9, batch: 16 } });
    const data = randomData(task, 200, "learnable");
    // targets from the inputs: the greatest of the first three, or two linear functions of them
    for (let row = 0; row < data.length; row++) {
      const [a, b, c] = data.inputs.subarray(row * 5) as unknown as [number, number, number];
      if (output.kind === "classification") data.targets[row] = [a, b, c].indexOf(Math.max(a, b, c));
      else data.targets.set([20 + 4 * a, -3 + 0.5 * (b - c)], 2 * row);
    }
    const trainer = createDenseTrainer({ task, train: data });
    const { params } = await trainer.fit({ params: randomParams(task), steps: 300, seed: "s" });
    const { accuracy = 1, r2 = 1 } = await trainer.evaluate(params, "train");
    assert.ok(accuracy > 0.9 && r2 > 0.9, `${label(task)}: accuracy ${accuracy}, R2 ${r2}`);
  }
});

test("predictions are a row each, whatever the number of rows, and probabilities add up to 1", async () => {
  const task = learningTask(
    { kind: "mlp", hidden: [4], activation: "relu" },
    { input: { mean: [1, 2, 3, 4, 5], std: [2] } },
  );
  const data = randomData(task, 515, "data");
  const trainer = createDenseTrainer({ task, train: data });
  const params = randomParams(task);
  const all = await trainer.predict(params, data.inputs);
  assert.equal(all.length, 515 * 3);
  for (const row of [0, 255, 256, 511, 512, 514]) {
    const one = await trainer.predict(params, data.inputs.slice(row * 5, (row + 1) * 5));
    assert.equal(distance(one, all.slice(row * 3, (row + 1) * 3)), 0);
    assert.ok(Math.abs([...one].reduce((sum, p) => sum + p, 0) - 1) < 1e-6);
  }
  const unit = createDenseTrainer({ task: learningTask(task.model), train: data });
  const standardised = standardise(data.inputs, task.input.mean, [2, 2, 2, 2, 2]);
  assert.equal(distance(await unit.predict(params, standardised), all), 0);
  assert.equal((await trainer.predict(params, new Float32Array(0))).length, 0);
});

test("logits of any size give finite probabilities and loss", async () => {
  const task = learningTask({ kind: "softmax" });
  const data = randomData(task, 20, "data");
  const trainer = createDenseTrainer({ task, train: data });
  const params = randomParams(task).map((value) => 1e4 * value);
  assert.ok((await trainer.predict(params, data.inputs)).every(Number.isFinite));
  assert.ok(Number.isFinite((await trainer.evaluate(params, "train")).loss));
  assert.ok((await trainer.fit({ params, steps: 3, seed: "s" })).params.every(Number.isFinite));
});

test("what is missing is ERR_DATA or ERR_ENGINE, what is a programmer's fault a RangeError", async () => {
  const task = learningTask({ kind: "softmax" });
  const params = randomParams(task);
  const trainer = createDenseTrainer({ task, train: randomData(task, 3, "data") });
  const empty = createDenseTrainer({ task, train: randomData(task, 0, "none") });
  assert.equal(trainer.engine, "dense");
  assert.deepEqual([trainer.numExamples, empty.numExamples], [3, 0]);
  await assert.rejects(trainer.evaluate(params, "holdout"), { code: "ERR_DATA" });
  await assert.rejects(empty.evaluate(params, "train"), { code: "ERR_DATA" });
  await assert.rejects(empty.fit({ params, steps: 1, seed: "" }), { code: "ERR_DATA" });
  await assert.rejects(trainer.fit({ params: params.slice(1), steps: 1, seed: "" }), RangeError);
  await assert.rejects(trainer.fit({ params, steps: 0, seed: "" }), RangeError);
  await assert.rejects(trainer.predict(params, new Float32Array(4)), RangeError);
  const cnn = learningTask({ kind: "cnn", filters: [2], kernelSize: 3, hidden: [] }, { input: { shape: [4, 4, 1] } });
  assert.throws(() => createDenseTrainer({ task: cnn, train: randomData(cnn, 1, "") }), { code: "ERR_ENGINE" });
  await trainer.close();
});

test("predictions of targets far from 0 keep the digits of their spread", async () => {
  const output = { kind: "regression", targets: ["t"], mean: [1.7e9], std: [1] } as const;
  const task = learningTask({ kind: "softmax" }, { output });
  const trainer = createDenseTrainer({ task, train: randomData(task, 4, "far") });
  const params = randomParams(task);
  const near = learningTask({ kind: "softmax" }, { output: { ...output, mean: [0] } });
  const plain = createDenseTrainer({ task: near, train: randomData(near, 4, "far") });
  const inputs = Float32Array.of(1, 2, 3, 4, 5);
  const [far = 0] = await trainer.predict(params, inputs);
  const [around = 0] = await plain.predict(params, inputs);
  assert.ok(around !== 0 && Math.abs(far - 1.7e9 - around) < 1e-6, `${far} for ${around}`);
});
