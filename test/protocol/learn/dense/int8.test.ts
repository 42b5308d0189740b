import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { LearningTask } from "../../../../protocol/base/task.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { createInt8Trainer, hasInt8, type Int8Layer, NO_PARAMS } from "../../../../protocol/learn/dense/int8.ts";
import { MOST_INPUTS, plainSums, wasmSums } from "../../../../protocol/learn/dense/whole-sums.ts";
import { quantise, roundedTo } from "../../../../protocol/learn/smaller.ts";
import { initialParams, tensorSlices } from "../../../../protocol/learn/tensors.ts";
import { distance, learningTask, REGRESS, randomData } from "../../../support/learning.ts";

const apart = { shape: [37], mean: [3], std: [2] };
const TASKS: readonly (readonly [string, LearningTask])[] = [
  ["softmax", learningTask({ kind: "softmax" })],
  ["mlp with relu", learningTask({ kind: "mlp", hidden: [33, 7], activation: "relu" }, { input: apart })],
  [
    "a regression by an mlp with tanh",
    learningTask({ kind: "mlp", hidden: [16], activation: "tanh" }, { input: apart, output: REGRESS }),
  ],
];

function modelOf(task: LearningTask) {
  const params = initialParams(task.tensors, 3).map((value, i) => value + 0.02 * ((i % 7) - 3));
  const slices = tensorSlices(task.tensors).map(({ offset, length }) => params.subarray(offset, offset + length));
  const layers: Int8Layer[] = [];
  for (let i = 0; i < slices.length; i += 2)
    layers.push({ kernel: quantise(slices[i] as Float32Array, 8), bias: slices[i + 1] as Float32Array });
  return { params, layers };
}

describe("a model of int8", () => {
  for (const [name, task] of TASKS)
    it(`${name}: predicts the same bits in WebAssembly as in plain TypeScript, and what its weights predict as floats, within a few roundings`, async () => {
      const { params, layers } = modelOf(task);
      const train = randomData(task, 200, "rows");
      const [fast, plain] = [false, true].map((plain) => createInt8Trainer({ task, train, layers, plain }));
      const predictions = await fast?.predict(NO_PARAMS, train.inputs);
      assert.deepEqual(predictions, await plain?.predict(NO_PARAMS, train.inputs));
      assert.deepEqual(await fast?.evaluate(NO_PARAMS, "train"), await plain?.evaluate(NO_PARAMS, "train"));
      const floats = await createDenseTrainer({ task, train }).predict(
        roundedTo(8, params, task.tensors),
        train.inputs,
      );
      const scale = task.output.kind === "regression" ? Math.max(...task.output.std) : 1;
      const off = distance(predictions ?? [], floats) / scale;
      assert.ok(off > 0 && off < 0.05, `${off}`);
    });

  it("sums the largest numbers that there are without an overflow, and is not there for a task where one could happen", () => {
    const [inputs, outputs] = [MOST_INPUTS, 1];
    const whole = new Int8Array(inputs).fill(-128);
    const row = new Int8Array(inputs).fill(-127);
    for (const sums of [plainSums([{ inputs, outputs }], [{ whole }]), wasmSums([{ inputs, outputs }], [{ whole }])])
      assert.deepEqual([...(sums?.of(0, row) ?? [])], [127 * 128 * inputs]);
    assert.ok(127 * 128 * inputs < 2 ** 31 && 127 * 128 * (inputs + 1) >= 2 ** 31);
    const wide = (shape: number[]) => learningTask({ kind: "softmax" }, { input: { shape } });
    assert.deepEqual([hasInt8(wide([inputs])), hasInt8(wide([inputs + 1]))], [true, false]);
    assert.throws(
      () => createInt8Trainer({ task: wide([inputs + 1]), train: randomData(wide([1]), 0, "none"), layers: [] }),
      RangeError,
    );
  });

  it("has the same sums for all sizes of layers, those of whole vectors or not", () => {
    const rng = createRng("sums");
    for (const inputs of [1, 15, 16, 17, 40]) {
      const outputs = 1 + rng.below(20);
      const bytes = (length: number) => Int8Array.from({ length }, () => rng.below(255) - 127);
      const [whole, row] = [bytes(inputs * outputs), bytes(inputs)];
      const layers = [
        { inputs: 41, outputs: 2 },
        { inputs, outputs },
      ];
      const kernels = [{ whole: bytes(82) }, { whole }];
      const [plain, fast] = [plainSums(layers, kernels), wasmSums(layers, kernels)];
      fast?.of(0, bytes(41)); // what a longer row leaves behind is not added
      assert.deepEqual(fast?.of(1, row), plain.of(1, row));
    }
  });

  it("does not train", async () => {
    const [, task] = TASKS[0] as (typeof TASKS)[number];
    const trainer = createInt8Trainer({ task, train: randomData(task, 3, "rows"), ...modelOf(task) });
    const request = { params: NO_PARAMS, steps: 1, seed: "1" };
    await assert.rejects(async () => trainer.fit(request), { code: "ERR_ENGINE", message: /does not train/ });
  });
});
