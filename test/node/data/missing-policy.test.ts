/** What becomes of rows without a reading: the same for tables and arrays, to learn from and to predict. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type DataTask, loadDataset, loadInputs } from "../../../node/data/load.ts";
import { floatsToBytes } from "../../../protocol/base/bytes.ts";
import { encodeSafetensors } from "../../../protocol/codec/safetensors.ts";
import { MISSING_POLICIES, type MissingPolicy } from "../../../protocol/learn/data/missing.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { temporaryFile } from "./files.ts";

const TABLE = "a,b,label\n1,,x\n3,4,y\n,6,x\n7,8,y\n";

function task(missingPolicy: MissingPolicy | undefined): DataTask {
  const masks = missingPolicy === "mask" ? 2 : 0;
  return {
    input: {
      shape: [2 + masks],
      features: ["a", "b"],
      mean: [10, 20, ...Array(masks).fill(0)],
      std: [1, 2, ...Array(masks).fill(1)],
      missing: ["empty"],
      ...(missingPolicy !== undefined && { missingPolicy }),
    },
    output: { kind: "classification", classes: ["x", "y"] },
  };
}

const EXPECTED: readonly (readonly [policy: MissingPolicy | undefined, inputs: readonly number[], told: RegExp])[] = [
  [undefined, [1, 20, 3, 4, 10, 6, 7, 8], /2 value\(s\) are no readings; the means of their columns stand in$/],
  ["mean", [1, 20, 3, 4, 10, 6, 7, 8], /the means of their columns stand in$/],
  ["drop", [3, 4, 7, 8], /2 row\(s\) with such are left out$/],
  ["mask", [1, 20, 0, 1, 3, 4, 0, 0, 10, 6, 1, 0, 7, 8, 0, 0], /their masks say so$/],
];

for (const [policy, inputs, told] of EXPECTED)
  test(`the policy ${policy ?? "of a task that names none"} does to a table what it says`, async (context) => {
    const path = temporaryFile(context, "t.csv", TABLE);
    const { data, warnings } = await loadDataset({ path }, task(policy));
    assert.deepEqual([...data.inputs], inputs);
    assert.deepEqual([...data.targets], policy === "drop" ? [1, 1] : [0, 1, 0, 1]);
    assert.equal(data.length, data.targets.length);
    assert.match(warnings[0] as string, told);
  });

test("a task that refuses rows without a reading names line and column of each, to learn from and to predict", async (context) => {
  const path = temporaryFile(context, "t.csv", TABLE);
  const message = /line 2, column "b"; line 4, column "a": no reading.*input\.missingPolicy/;
  await assert.rejects(loadDataset({ path }, task("refuse")), { code: "ERR_DATA", message });
  await assert.rejects(loadInputs({ path }, task("refuse")), { code: "ERR_DATA", message });
  const whole = temporaryFile(context, "whole.csv", "a,b,label\n1,2,x\n3,4,y\n");
  assert.equal((await loadDataset({ path: whole }, task("refuse"))).data.length, 2);
});

test("rows to predict keep their places: those that the task leaves out are told, and masks stand as in training", async (context) => {
  const path = temporaryFile(context, "t.csv", TABLE);
  const dropped = await loadInputs({ path }, task("drop"));
  assert.deepEqual([dropped.length, [...dropped.unanswered]], [4, [0, 2]]);
  const masked = await loadInputs({ path }, task("mask"));
  assert.deepEqual([...masked.inputs], EXPECTED[3]?.[1]);
  assert.equal(masked.unanswered.size, 0);
});

test("NaN in an array is a reading that is missing where the task has a choice for it, and else a fault", async (context) => {
  const x = { name: "x", shape: [4, 2], dtype: "F32" as const };
  const values = Float32Array.from([1, Number.NaN, 3, 4, Number.NaN, 6, 7, 8]);
  const y = { name: "y", shape: [4], dtype: "F32" as const, data: floatsToBytes(Float32Array.from([0, 1, 0, 1])) };
  const file = encodeSafetensors([{ ...x, data: floatsToBytes(values) }, y]);
  const path = temporaryFile(context, "t.safetensors", file);
  for (const [policy, inputs] of EXPECTED.slice(1))
    assert.deepEqual([...(await loadDataset({ path }, task(policy))).data.inputs], inputs, policy);
  for (const policy of [undefined, "refuse"] as const)
    await assert.rejects(loadDataset({ path }, task(policy)), { message: /x\[0, 1\] is NaN/ });
  const infinite = Float32Array.from(values, (value) => (value === 3 ? Number.POSITIVE_INFINITY : value));
  const bad = temporaryFile(
    context,
    "bad.safetensors",
    encodeSafetensors([{ ...x, data: floatsToBytes(infinite) }, y]),
  );
  await assert.rejects(loadDataset({ path: bad }, task("mean")), { message: /x\[1, 0\] is Infinity/ });
});

test("a task counts masks among its inputs, and says what is wrong where it does not", () => {
  const output = { kind: "classification", classes: ["x", "y"] };
  const of = (shape: number[], missingPolicy: string, features: string[] = []) =>
    parseTask({ name: "t", input: { shape, missingPolicy, features }, output, model: { kind: "softmax" } });
  assert.deepEqual(of([4], "mask", ["a", "b"]).tensors[0], ["dense0/kernel", [4, 2]]);
  assert.throws(() => of([3], "mask"), /input\.shape: is \[3\]; missingPolicy mask needs \[d\], d twice the number/);
  assert.throws(() => of([2, 2], "mask"), /missingPolicy mask needs/);
  assert.throws(() => of([4], "mask", ["a", "b", "c", "d"]), /names 4 columns; the shape needs 2/);
  assert.throws(() => of([2], "guess"), /input\.missingPolicy/);
  for (const policy of MISSING_POLICIES.keys()) assert.equal(of([2], policy).input.missingPolicy, policy);
});
