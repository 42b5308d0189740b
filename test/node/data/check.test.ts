import assert from "node:assert/strict";
import { test } from "node:test";
import { checkVariation, columnStats, countingColumns } from "../../../node/data/check.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";

const table = (inputs: number[], targets: number[], length: number): Dataset => ({
  inputs: Float32Array.from(inputs),
  targets: Float32Array.from(targets),
  length,
});
const options = { path: "t.csv", kind: "classification", features: ["a", "b"], whole: false } as const;

test("columnStats is mean and population standard deviation, and 1 for a constant column", () => {
  const { mean, std } = columnStats(Float32Array.of(1, 7, 3, 7, 5, 7), 2);
  assert.deepEqual(mean, [3, 7]);
  assert.ok(Math.abs((std[0] as number) - Math.sqrt(8 / 3)) < 1e-12);
  assert.equal(std[1], 1);
});

test("columnStats keeps its digits where the mean is far above the spread, and sees a constant through rounding", () => {
  const { std } = columnStats(Float32Array.of(1e6, 1e6 + 1, 1e6 + 2), 1);
  assert.ok(Math.abs((std[0] as number) - Math.sqrt(2 / 3)) < 1e-6);
  assert.deepEqual(columnStats(new Float32Array(7).fill(0.1), 1).std, [1]);
});

test("a data set that varies passes without a word", () => {
  assert.deepEqual(checkVariation(table([1, 2, 3, 4], [0, 1], 2), options), []);
});

test("one constant feature is a warning that names it, all of them an error", () => {
  const [warning] = checkVariation(table([1, 2, 1, 3], [0, 1], 2), options);
  assert.match(warning as string, /1 of 2 features are constant: a$/);
  assert.throws(() => checkVariation(table([1, 2, 1, 2], [0, 1], 2), options), {
    code: "ERR_DATA",
    message: /every feature is constant/,
  });
});

test("labels that are all alike are a warning in a peer's share and an error in the whole data", () => {
  const one = table([1, 2, 3, 4], [1, 1], 2);
  assert.match(checkVariation(one, options)[0] as string, /same class: fine where that is how things are/);
  assert.throws(() => checkVariation(one, { ...options, whole: true }), { code: "ERR_DATA", message: /same class/ });
  const flat = table([1, 2, 3, 4], [5, 1, 5, 2], 2);
  const [warning] = checkVariation(flat, { ...options, kind: "regression", targets: ["price", "area"] });
  assert.match(warning as string, /in every row target "price" is the same/);
});

test("fewer than 2 rows are an error", () => {
  assert.throws(() => checkVariation(table([1, 2], [0], 1), options), { code: "ERR_DATA", message: /too few/ });
  assert.throws(() => checkVariation(table([], [], 0), options), { code: "ERR_DATA", message: /too few/ });
});

test("a column that counts the rows is told from one that only grows, from the tenth row on", () => {
  const rows = (length: number) =>
    Float64Array.from({ length: 3 * length }, (_, i) => [5 + i / 3, (i - 1) / 2, 7][i % 3] as number);
  assert.deepEqual(countingColumns(rows(10), 3), [0]);
  assert.deepEqual(countingColumns(rows(9), 3), []);
});
