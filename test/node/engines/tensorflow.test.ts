import assert from "node:assert/strict";
import { test } from "node:test";
import { selectBackend } from "../../../node/engines/backend.ts";
import { createTensorflowTrainer } from "../../../node/engines/tensorflow.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { LearningTask } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { OPTIMISERS } from "../../../protocol/learn/optimisers/registry.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { createSimulatedDraws } from "../../../protocol/privacy/draws.ts";
import { CLASSIFY, distance, learningTask, REGRESS, randomData } from "../../support/learning.ts";

/** The backends that load on this machine; native joins in where it is installed. */
const BACKENDS = [await selectBackend(), await selectBackend("wasm"), await selectBackend("cpu")]
  .map(({ name }) => name)
  .filter((name, i, names) => names.indexOf(name) === i);

const DENSE_MODELS: readonly LearningTask["model"][] = [
  { kind: "softmax" },
  { kind: "mlp", hidden: [7], activation: "relu" },
  { kind: "mlp", hidden: [6, 4], activation: "tanh" },
];
const CNN = { kind: "cnn", filters: [4, 6], kernelSize: 3, hidden: [8] } as const;

/** 8 x 8 images with a bright bar, in noise; class: rows, columns, or the falling diagonal. */
function bars(length: number, seed: string): Dataset {
  const rng = createRng(seed);
  const inputs = Float32Array.from({ length: length * 64 }, () => 0.3 * rng.normal());
  const targets = Float32Array.from({ length }, () => rng.below(3));
  for (const [i, label] of targets.entries()) {
    const at = rng.below(8);
    for (let k = 0; k < 8; k++) {
      const pixel = [at * 8 + k, k * 8 + at, k * 8 + ((k + at) % 8)][label] as number;
      inputs[i * 64 + pixel] = (inputs[i * 64 + pixel] as number) + 1.5;
    }
  }
  return { inputs, targets, length };
}

for (const backend of BACKENDS) {
  test(`tensorflow/${backend} and dense give the same parameters, losses and figures from the same start`, async () => {
    for (const model of DENSE_MODELS) {
      for (const output of [CLASSIFY, REGRESS]) {
        const task = learningTask(model, {
          output,
          input: { shape: output === CLASSIFY ? [5] : [5, 1], mean: [0.5], std: [1, 2, 1, 2, 1] },
          training: { learningRate: 0.1, momentum: 0.9, batch: 8 },
        });
        const data = { train: randomData(task, 30, "train"), holdout: randomData(task, 300, "holdout") };
        const dense = createDenseTrainer({ task, ...data });
        const other = await createTensorflowTrainer({ task, ...data, backend });
        assert.equal(other.engine, `tensorflow/${backend}`);
        const params = initialParams(task.tensors, 1).map((x) => x + 0.01);
        for (const [steps, tolerance] of [
          [1, 1e-6],
          [20, 1e-4],
        ] as const) {
          const [ours, theirs] = [
            await dense.fit({ params, steps, seed: "s" }),
            await other.fit({ params, steps, seed: "s" }),
          ];
          assert.ok(distance(ours.params, theirs.params) < tolerance, `${steps} steps of ${JSON.stringify(model)}`);
          assert.ok(Math.abs(ours.loss - theirs.loss) < 1e-4);
        }
        for (const split of ["train", "holdout"] as const) {
          const [ours, theirs] = [await dense.evaluate(params, split), await other.evaluate(params, split)];
          assert.equal(ours.accuracy, theirs.accuracy);
          const figures = (metrics: object) => Object.values(metrics) as number[];
          assert.ok(distance(figures(ours), figures(theirs)) < 1e-4);
        }
        const { inputs } = data.holdout;
        assert.ok(distance(await dense.predict(params, inputs), await other.predict(params, inputs)) < 1e-4);
        await other.close();
      }
    }
  });

  test(`tensorflow/${backend} and dense take the same steps with each optimiser, at the rates of a schedule`, async () => {
    const model = { kind: "mlp", hidden: [6], activation: "tanh" } as const;
    for (const optimiser of OPTIMISERS.keys()) {
      const schedule = { kind: "cosine", steps: 30, floor: 0.1 } as const;
      const training = { optimiser, momentum: optimiser === "momentum" ? 0.9 : 0, learningRate: 0.05, schedule };
      const task = learningTask(model, { training });
      const train = randomData(task, 30, "train");
      const request = { params: initialParams(task.tensors, 1), steps: 15, seed: "s", age: 10 };
      const other = await createTensorflowTrainer({ task, train, backend });
      const ours = await createDenseTrainer({ task, train }).fit(request);
      const theirs = await other.fit(request);
      await other.close();
      assert.ok(distance(ours.params, theirs.params) < 1e-4, `${optimiser}: ${distance(ours.params, theirs.params)}`);
    }
  });

  test(`tensorflow/${backend} and dense take the same private steps, by the same chance, and both say so`, async () => {
    const task = learningTask({ kind: "mlp", hidden: [5], activation: "tanh" }, { training: { batch: 4 } });
    const train = randomData(task, 12, "private");
    const params = initialParams(task.tensors, 2);
    const privateSteps = { clipNorm: 0.5, noiseMultiplier: 0.9, rate: 2 ** 30 };
    const draws = () => createSimulatedDraws(createRng("private"));
    const other = await createTensorflowTrainer({ task, train, backend, draws: draws() });
    const own = createDenseTrainer({ task, train, draws: draws() });
    const request = { params, steps: 4, seed: "s", privateSteps };
    const [a, b] = await Promise.all([own, other].map((trainer) => trainer.fit(request)));
    assert.ok(a !== undefined && b !== undefined);
    assert.ok(distance(a.params, b.params) < 1e-4, String(distance(a.params, b.params)));
    assert.deepEqual([a.hidesExamples, b.hidesExamples], [true, true]);
    assert.ok(distance(a.params, params) > 0.01);
    await other.close();
  });

  test(`tensorflow/${backend} repeats a fit bit by bit, and shares no memory with its caller`, async () => {
    const task = learningTask({ kind: "mlp", hidden: [7], activation: "tanh" }, { training: { momentum: 0.9 } });
    const train = randomData(task, 30, "data");
    const trainer = await createTensorflowTrainer({ task, train, backend });
    const params = initialParams(task.tensors, 1);
    const start = params.slice();
    const first = await trainer.fit({ params, steps: 6, seed: "a" });
    const copy = first.params.slice();
    params.fill(9);
    const second = await trainer.fit({ params: start, steps: 6, seed: "a" });
    assert.deepEqual(second.params, copy);
    assert.deepEqual(first.params, copy);
    assert.equal(second.loss, first.loss);
    assert.notDeepEqual((await trainer.fit({ params: start, steps: 6, seed: "b" })).params, copy);
    await trainer.close();
    await trainer.close();
  });

  if (backend === "cpu") continue;

  test(`a cnn learns a small problem on tensorflow/${backend}, and leaves no tensor behind`, async () => {
    const task = learningTask(CNN, {
      input: { shape: [8, 8, 1] },
      training: { learningRate: 0.05, momentum: 0.9, batch: 32 },
    });
    const { tf } = await selectBackend(backend);
    const before = tf.memory().numTensors;
    const trainer = await createTensorflowTrainer({
      task,
      train: bars(300, "train"),
      holdout: bars(100, "new"),
      backend,
    });
    let params = initialParams(task.tensors, 1);
    const counts = new Set<number>();
    for (const seed of ["a", "b", "c"]) {
      params = (await trainer.fit({ params, steps: 40, seed })).params;
      const { accuracy = 0 } = await trainer.evaluate(params, "holdout");
      counts.add(tf.memory().numTensors);
      if (seed === "c") assert.ok(accuracy > 0.9, `accuracy ${accuracy}`);
    }
    assert.equal(counts.size, 1);
    await trainer.close();
    assert.equal(tf.memory().numTensors, before);
  });
}

test("the gradient of a cnn is that of central differences of its own loss", async () => {
  const task = learningTask(CNN, { input: { shape: [9, 8, 2] }, training: { learningRate: 1, batch: 100 } });
  const trainer = await createTensorflowTrainer({ task, train: randomData(task, 4, "data"), backend: "wasm" });
  const rng = createRng("params");
  const params = initialParams(task.tensors, 1).map((x) => x + 0.1 * rng.normal());
  const { params: after } = await trainer.fit({ params, steps: 1, seed: "s" });
  const lossAt = async (i: number, x: number) => (await trainer.evaluate(params.with(i, x), "train")).loss;
  const slope = async (i: number) => {
    const x = params[i] as number;
    return ((await lossAt(i, x + 2e-3)) - (await lossAt(i, x - 2e-3))) / 4e-3;
  };
  // float32 losses and the kinks of relu and pooling: a few per cent; an index or layout that is wrong is off by 100
  const errors = [];
  let scale = 0;
  for (let i = 0; i < params.length; i += 17) {
    const gradient = (params[i] as number) - (after[i] as number);
    scale = Math.max(scale, Math.abs(gradient));
    errors.push(Math.abs(gradient - (await slope(i))));
  }
  errors.sort((a, b) => a - b);
  assert.ok((errors[Math.floor(0.9 * errors.length)] as number) < 0.02 * scale);
  await trainer.close();
});

test("a cnn in plain JavaScript is refused with ERR_ENGINE", async () => {
  const task = learningTask(CNN, { input: { shape: [8, 8, 1] } });
  await assert.rejects(createTensorflowTrainer({ task, train: bars(3, "x"), backend: "cpu" }), {
    code: "ERR_ENGINE",
    message: /install @tensorflow\/tfjs-node/,
  });
});

test("a task whose tensors are not those of its model is ERR_TASK", async () => {
  const { tensors } = learningTask({ kind: "mlp", hidden: [7], activation: "relu" });
  const task = { ...learningTask({ kind: "softmax" }), tensors };
  await assert.rejects(createTensorflowTrainer({ task, train: randomData(task, 3, "x"), backend: "cpu" }), {
    code: "ERR_TASK",
  });
});

test("plain JavaScript asked for by name comes without warning; native where it is absent is ERR_ENGINE", async () => {
  assert.equal((await selectBackend("cpu")).warning, undefined);
  assert.notEqual((await selectBackend()).name, "cpu");
  if (!BACKENDS.includes("node")) await assert.rejects(selectBackend("node"), { code: "ERR_ENGINE" });
});

test("a private task is warned of what example by example costs", async () => {
  const privacy = { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1, delta: 1e-5, maxEpsilon: 8 };
  const task = { ...learningTask({ kind: "softmax" }), privacy };
  const trainer = await createTensorflowTrainer({ task, train: randomData(task, 4, "data"), backend: "wasm" });
  assert.match(trainer.warning ?? "", /dp-sgd takes the gradient of each example by itself.*8 steps/);
  await trainer.close();
});
