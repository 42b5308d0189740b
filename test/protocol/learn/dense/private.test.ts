/** Private steps of the dense engine: ghost clipping is per-example clipping, and what one example moves is bounded to the bit. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SecretDraws } from "../../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { LearningTask } from "../../../../protocol/base/task.ts";
import type { Dataset } from "../../../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { privateArithmetic } from "../../../../protocol/learn/private-steps.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { createSimulatedDraws } from "../../../../protocol/privacy/draws.ts";
import { CLASSIFY, learningTask, REGRESS, randomData } from "../../../support/learning.ts";

const ALL = 2 ** 32;
const BATCH = 16;
const RATE = 0.5;
const CLIP = 0.7;

/** Everybody is in every step, and no noise: what is left is the clipping. */
const bare: SecretDraws = { sample: (length) => Uint32Array.from({ length }, (_, i) => i), noise: (to) => to.fill(0) };

const tasks: readonly (readonly [string, LearningTask])[] = [
  ["softmax", learningTask({ kind: "softmax" }, { output: CLASSIFY, training: { batch: BATCH, learningRate: RATE } })],
  [
    "a tanh network",
    learningTask(
      { kind: "mlp", hidden: [9, 5], activation: "tanh" },
      { output: CLASSIFY, training: { batch: BATCH, learningRate: RATE } },
    ),
  ],
  [
    "a relu network of targets",
    learningTask(
      { kind: "mlp", hidden: [7], activation: "relu" },
      { output: REGRESS, training: { batch: BATCH, learningRate: RATE } },
    ),
  ],
];

function steps(noiseMultiplier = 1) {
  return { clipNorm: CLIP, noiseMultiplier, rate: ALL };
}

/** The sum of the cut gradients, of one step: rate / batch times the sum is what the parameters lost. */
async function sumOf(task: LearningTask, train: Dataset, params: Float32Array, plain = false): Promise<Float64Array> {
  const trainer = createDenseTrainer({ task, train, draws: bare, plain });
  const { params: after } = await trainer.fit({ params, steps: 1, seed: "", privateSteps: steps() });
  return Float64Array.from(params, (x, i) => ((x - (after[i] as number)) * BATCH) / RATE);
}

/** The gradient of one example, from a plain step on it alone, in float32. */
async function gradientOf(task: LearningTask, train: Dataset, row: number, params: Float32Array) {
  const width = train.inputs.length / train.length;
  const targets = train.targets.length / train.length;
  const one = {
    inputs: train.inputs.slice(row * width, (row + 1) * width),
    targets: train.targets.slice(row * targets, (row + 1) * targets),
    length: 1,
  };
  const alone = { ...task, training: { ...task.training, batch: 1, learningRate: 1 } };
  const { params: after } = await createDenseTrainer({ task: alone, train: one }).fit({ params, steps: 1, seed: "" });
  return Float64Array.from(params, (x, i) => x - (after[i] as number));
}

const normOf = (v: Float64Array) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));

for (const [name, task] of tasks)
  describe(`a private step of ${name}`, () => {
    const train = randomData(task, 24, "private");
    const params = initialParams(task.tensors, 3);
    const { threshold } = privateArithmetic(steps(), BATCH, params.length);

    it("sums what clipping each example's own gradient gives, to 1e-5", async () => {
      const expected = new Float64Array(params.length);
      let [cut, whole] = [0, 0];
      for (let row = 0; row < train.length; row++) {
        const gradient = await gradientOf(task, train, row, params);
        const norm = normOf(gradient);
        if (norm > threshold) cut++;
        else whole++;
        const factor = Math.min(1, threshold / norm);
        for (const [i, g] of gradient.entries()) expected[i] = (expected[i] as number) + g * factor;
      }
      assert.ok(cut > 0, "some are cut");
      const found = await sumOf(task, train, params);
      const far = found.map((x, i) => Math.abs(x - (expected[i] as number)) / BATCH);
      assert.ok(Math.max(...far) < 1e-5, `${Math.max(...far)}, with ${cut} cut and ${whole} whole`);
    });

    it("has the same bits in WebAssembly and in plain TypeScript, with noise and chance", async () => {
      const request = { params, steps: 4, seed: "", privateSteps: { ...steps(0.8), rate: ALL / 2 } };
      const results = await Promise.all(
        [false, true].map((plain) => {
          const draws = createSimulatedDraws(createRng(name));
          return createDenseTrainer({ task, train, draws, plain }).fit(request);
        }),
      );
      assert.deepEqual(results[0], results[1]);
      assert.equal(results[0]?.hidesExamples, true);
    });

    it("moves by no more than the clip norm for one example more, whatever example it is", async () => {
      const without = { ...train, inputs: train.inputs.slice(), length: train.length - 1 };
      const width = train.inputs.length / train.length;
      const huge = { ...train, inputs: train.inputs.slice() };
      huge.inputs.fill(1e20, (train.length - 1) * width);
      for (const more of [train, huge]) {
        const moved = await Promise.all([sumOf(task, more, params), sumOf(task, cutTo(without, task), params)]);
        const difference = (moved[0] as Float64Array).map((x, i) => x - ((moved[1] as Float64Array)[i] as number));
        assert.ok(normOf(difference) <= CLIP, String(normOf(difference)));
        if (more === train) assert.ok(normOf(difference) > 0);
      }
    });
  });

function cutTo(data: Dataset, { output }: LearningTask): Dataset {
  const targets = output.kind === "classification" ? 1 : output.targets.length;
  const width = Math.floor(data.inputs.length / (data.length + 1));
  return {
    inputs: data.inputs.slice(0, data.length * width),
    targets: data.targets.slice(0, data.length * targets),
    length: data.length,
  };
}

describe("a private training", () => {
  const [, task] = tasks[1] as (typeof tasks)[number];
  const params = initialParams(task.tensors, 3);

  it("takes more rows than stay in memory at a time to the same bits", async () => {
    const wide = { ...task, input: { ...task.input, shape: [...task.input.shape] } };
    const train = randomData(wide, 40_000, "many");
    const request = { params, steps: 2, seed: "", privateSteps: { ...steps(0.8), rate: ALL / 2048 } };
    const [fast, slow] = await Promise.all(
      [false, true].map((plain) =>
        createDenseTrainer({ task, train, draws: createSimulatedDraws(createRng(1)), plain }).fit(request),
      ),
    );
    assert.deepEqual(fast, slow);
  });

  it("has other noise each time, though the request, its seed with it, is the same", async () => {
    const train = randomData(task, 10, "few");
    const trainer = createDenseTrainer({ task, train, draws: createSimulatedDraws(createRng(1)) });
    const request = { params, steps: 1, seed: "one", privateSteps: { ...steps(), rate: 1 } };
    const [first, again] = [await trainer.fit(request), await trainer.fit(request)];
    assert.equal(again.params.filter((x, i) => x === first.params[i]).length, 0);
  });

  it("goes on where a step takes nobody: noise alone", async () => {
    const train = randomData(task, 10, "few");
    const trainer = createDenseTrainer({ task, train, draws: createSimulatedDraws(createRng(1)) });
    const { params: after, loss } = await trainer.fit({
      params,
      steps: 1,
      seed: "",
      privateSteps: { ...steps(), rate: 1 },
    });
    assert.equal(loss, 0);
    assert.notDeepEqual(after, params);
  });

  it("is refused where the trainer was given no secret chance, or the clip norm is nothing", async () => {
    const train = randomData(task, 10, "few");
    const request = { params, steps: 1, seed: "", privateSteps: steps() };
    await assert.rejects(createDenseTrainer({ task, train }).fit(request), RangeError);
    const draws = createSimulatedDraws(createRng(1));
    const none = { ...request, privateSteps: { ...steps(), clipNorm: 1e-38 } };
    await assert.rejects(createDenseTrainer({ task, train, draws }).fit(none), RangeError);
  });
});
