import assert from "node:assert/strict";
import { test } from "node:test";
import { inputSize, outputSize } from "../../../../protocol/base/task.ts";
import { prepareData } from "../../../../protocol/learn/data/prepare.ts";
import { CLASSIFY, learningTask, REGRESS } from "../../../support/learning.ts";

const softmax = { kind: "softmax" } as const;

test("examples are standardised by the task's figures, inputs and regression targets alike", () => {
  const task = learningTask(softmax, { output: REGRESS, input: { shape: [2], mean: [1, 2], std: [2, 4] } });
  const data = { inputs: Float32Array.of(1, 2, 3, 10), targets: Float32Array.of(20, -3, 24, -2), length: 2 };
  const { inputs, targets, length } = prepareData(task, data);
  assert.deepEqual([[...inputs], [...targets], length], [[0, 0, 1, 2], [0, 0, 1, 2], 2]);
  assert.deepEqual([inputSize(task), outputSize(task)], [2, 2]);
});

test("one mean or one standard deviation holds for all columns", () => {
  const data = { inputs: Float32Array.of(1, 2, 3, 10), targets: Float32Array.of(0, 0), length: 2 };
  const prepare = (mean: number[], std: number[]) => [
    ...prepareData(learningTask(softmax, { input: { shape: [2], mean, std } }), data).inputs,
  ];
  assert.deepEqual(prepare([1], [2, 4]), [0, 0.25, 1, 2.25]);
  assert.deepEqual(prepare([1, 2], [2]), [0, 0, 1, 4]);
});

test("data that are in the model's units already are shared, not copied", () => {
  const data = { inputs: new Float32Array(10), targets: Float32Array.of(0, 2), length: 2 };
  const prepared = prepareData(learningTask(softmax), data);
  assert.equal(prepared.inputs, data.inputs);
  assert.equal(prepared.targets, data.targets);
});

test("a data set that does not fit the task is ERR_DATA", () => {
  const fits = { inputs: new Float32Array(10), targets: Float32Array.of(0, 2), length: 2 };
  const faults = [
    { ...fits, inputs: new Float32Array(9) },
    { ...fits, targets: Float32Array.of(0) },
    { ...fits, targets: Float32Array.of(0, 3) },
    { ...fits, targets: Float32Array.of(0, -1) },
    { ...fits, targets: Float32Array.of(0.5, 1) },
    { ...fits, targets: Float32Array.of(0, Number.NaN) },
  ];
  for (const data of faults)
    assert.throws(() => prepareData(learningTask(softmax, { output: CLASSIFY }), data), { code: "ERR_DATA" });
});

test("what varies beside a large offset stays: float64 is centred and scaled before it is rounded", () => {
  const [mean, std] = [
    [1.7e9, 52.52],
    [1, 1e-7],
  ];
  const task = learningTask(softmax, { input: { shape: [2], mean, std } });
  const inputs = Float64Array.of(1.7e9 + 1, 52.52 + 1e-7, 1.7e9 - 2, 52.52 - 3e-7);
  const prepared = prepareData(task, { inputs, targets: Float64Array.of(0, 1), length: 2 });
  assert.ok(prepared.inputs instanceof Float32Array && prepared.targets instanceof Float32Array);
  assert.deepEqual(
    [...prepared.inputs].map((value) => Math.round(1000 * value) / 1000),
    [1, 1, -2, -3],
  );
});
