import assert from "node:assert/strict";
import { test } from "node:test";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { dequantise, pruned, quantise, roundedTo, thinned } from "../../../protocol/learn/smaller.ts";
import { initialParams, tensorSlices } from "../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { distance, randomData } from "../../support/learning.ts";

const task = parseTask({
  ...{ name: "model", model: { kind: "mlp", hidden: [6, 4] }, input: { shape: [5] } },
  output: { kind: "classification", classes: ["a", "b", "c"] },
});
const params = initialParams(task.tensors, 3).map((value, i) => value + 0.01 * ((i % 7) - 3));
const { inputs } = randomData(task, 9, "rows");

test("a value of 8 bits is at most half a step from what it was, and the largest is exact", () => {
  const values = Float32Array.of(-3, 2.9, 0.011, 0);
  const { whole, scale } = quantise(values, 8);
  assert.equal(whole[0], -127);
  dequantise({ whole, scale }).forEach((value, i) => {
    assert.ok(Math.abs(value - (values[i] as number)) <= 0.5001 * scale);
  });
  assert.deepEqual(quantise(new Float32Array(2), 8), { whole: new Int8Array(2), scale: 1 });
});

test("of each kernel the smallest weights become zero, as many as asked, and no bias does", () => {
  const half = pruned(0.5, params, task.tensors);
  for (const { shape, offset, length } of tensorSlices(task.tensors)) {
    const before = params.subarray(offset, offset + length);
    const after = half.subarray(offset, offset + length);
    if (shape.length < 2) assert.deepEqual(after, before);
    else {
      const gone = [...after.keys()].filter((i) => after[i] === 0);
      assert.equal(gone.length, length / 2);
      const largestGone = Math.max(...gone.map((i) => Math.abs(before[i] as number)));
      assert.ok(after.every((value) => value === 0 || Math.abs(value) >= largestGone));
    }
  }
  assert.deepEqual(pruned(0, params, task.tensors), params);
});

test("a model loses those units that do nothing, and says what it said", async () => {
  const idle = params.slice();
  const [, , second] = tensorSlices(task.tensors); // [6, 4]: what comes out of three units of the first layer is nothing
  for (const unit of [0, 3, 4]) idle.fill(0, (second?.offset ?? 0) + 4 * unit, (second?.offset ?? 0) + 4 * unit + 4);
  const { task: smaller, params: fewer } = thinned(0.5, idle, { ...task, model: { ...task.model } });
  assert.deepEqual(
    smaller.tensors.map(([, shape]) => shape),
    [[5, 3], [3], [3, 2], [2], [2, 3], [3]],
  );
  assert.equal(fewer.length, 15 + 3 + 6 + 2 + 6 + 3);
  const untouched = thinned(0, params, task);
  assert.deepEqual([untouched.task, untouched.params], [task, params]);
  const one = parseTask({ ...task, model: { kind: "mlp", hidden: [6] }, tensors: undefined });
  const full = initialParams(one.tensors, 4);
  for (const unit of [1, 2, 5]) full.fill(0, 36 + 3 * unit, 36 + 3 * unit + 3);
  const thin = thinned(0.5, full, one);
  const says = async (of: typeof thin) =>
    createDenseTrainer({ task: of.task, train: randomData(of.task, 1, "none") }).predict(of.params, inputs);
  assert.ok(distance(await says(thin), await says({ task: one, params: full })) < 1e-5);
});

test("only an mlp has hidden units to leave out", () => {
  const softmax = parseTask({ ...task, model: { kind: "softmax" }, tensors: undefined });
  assert.throws(() => thinned(0.5, initialParams(softmax.tensors, 1), softmax), {
    code: "ERR_CONFIG",
    message: /only an mlp/,
  });
});

test("what is stored in 4 bits has at most 15 values a kernel", () => {
  const rounded = roundedTo(4, params, task.tensors);
  for (const { shape, offset, length } of tensorSlices(task.tensors))
    if (shape.length > 1) assert.ok(new Set(rounded.subarray(offset, offset + length)).size <= 15);
});
