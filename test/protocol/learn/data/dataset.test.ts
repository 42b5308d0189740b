import assert from "node:assert/strict";
import { test } from "node:test";
import { type Dataset, selectRows, standardise } from "../../../../protocol/learn/data/dataset.ts";
import {
  blockSplit,
  chronologicalSplit,
  type HoldoutSplit,
  holdoutSplit,
  ownerSplit,
} from "../../../../protocol/learn/data/holdout.ts";

/** `labels.length` rows, the input of each its own number. */
function rows(labels: readonly number[], owners?: readonly string[]): Dataset {
  const inputs = Float32Array.from(labels, (_, row) => row);
  const table = { inputs, targets: Float32Array.from(labels), length: labels.length };
  return owners === undefined ? table : { ...table, owners };
}

function assertCovers({ train, holdout }: HoldoutSplit, length: number): void {
  const all = [...train, ...holdout].sort((a, b) => a - b);
  assert.deepEqual(
    all,
    Array.from({ length }, (_, row) => row),
  );
  for (const side of [train, holdout]) assert.deepEqual(side, side.slice().sort());
}

test("selectRows copies rows in the order asked for, owners and all targets included", () => {
  const data: Dataset = {
    inputs: Float32Array.of(1, 2, 3, 4, 5, 6),
    targets: Float32Array.of(10, 11, 20, 21, 30, 31),
    length: 3,
    owners: ["a", "b", "c"],
  };
  const chosen = selectRows(data, [2, 0, 2]);
  assert.deepEqual([...chosen.inputs], [5, 6, 1, 2, 5, 6]);
  assert.deepEqual([...chosen.targets], [30, 31, 10, 11, 30, 31]);
  assert.deepEqual(chosen.owners, ["c", "a", "c"]);
  chosen.inputs[0] = 99;
  assert.equal(data.inputs[4], 5);
  assert.throws(() => selectRows(data, [3]), RangeError);
  assert.equal(selectRows(rows([]), []).length, 0);
});

test("standardise is (x - mean) / std, column by column or with one figure for all", () => {
  assert.deepEqual([...standardise(Float32Array.of(3, 10, 5, 30), [3, 10], [2, 20])], [0, 0, 1, 1]);
  assert.deepEqual([...standardise(Float32Array.of(8, 16), [0], [16])], [0.5, 1]);
});

test("a stratified hold-out takes its share of every class and is the same for the same seed", () => {
  const data = rows(Array.from({ length: 300 }, (_, row) => (row < 200 ? 0 : row < 290 ? 1 : 2)));
  const split = holdoutSplit(data, 0.2, 7);
  assertCovers(split, 300);
  const held = (label: number) => split.holdout.filter((row) => data.targets[row] === label).length;
  assert.deepEqual([held(0), held(1), held(2)], [40, 18, 2]);
  assert.deepEqual(holdoutSplit(data, 0.2, 7), split);
  assert.notDeepEqual(holdoutSplit(data, 0.2, 8), split);
});

test("a hold-out of many small classes has the size asked for, and no class is held out whole", () => {
  const data = rows(Array.from({ length: 40 }, (_, row) => Math.floor(row / 2)));
  const { train, holdout } = holdoutSplit(data, 0.2, 1);
  assert.equal(holdout.length, 8);
  assert.equal(new Set(Array.from(train, (row) => data.targets[row])).size, 20);
});

test("a hold-out of a regression is stratified by quantiles of the first target", () => {
  const data = rows(Array.from({ length: 100 }, (_, row) => row + 0.5));
  const { holdout } = holdoutSplit(data, 0.2, 1);
  const perDecile = Array.from(
    { length: 10 },
    (_, bin) => holdout.filter((row) => Math.floor(row / 10) === bin).length,
  );
  assert.deepEqual(perDecile, new Array(10).fill(2));
});

test("a chronological hold-out is the end of each owner's rows", () => {
  const data = rows(new Array(10).fill(0), ["a", "b", "a", "b", "a", "b", "a", "b", "a", "a"]);
  const split = chronologicalSplit(data, 0.34);
  assertCovers(split, 10);
  assert.deepEqual([...split.holdout], [7, 8, 9]); // a: 0 2 4 6 [8 9]; b: 1 3 5 [7]
  assert.deepEqual([...chronologicalSplit(rows(new Array(5).fill(0)), 0.4).holdout], [3, 4]);
});

test("a hold-out by owner takes whole owners, by the seed, and leaves one at least to train on", () => {
  const owners = Array.from({ length: 40 }, (_, row) => `owner ${row % 8}`);
  const data = rows(new Array(40).fill(0), owners);
  const held = (seed: number) => new Set([...ownerSplit(data, 0.25, seed).holdout].map((row) => owners[row]));
  for (const seed of [1, 2, 3]) {
    const split = ownerSplit(data, 0.25, seed);
    assertCovers(split, 40);
    assert.equal(held(seed).size, 2);
    assert.ok([...split.train].every((row) => !held(seed).has(owners[row])));
  }
  assert.notDeepEqual(held(1), held(2));
  const two = rows(new Array(10).fill(0), ["a", "a", "a", "a", "a", "a", "a", "a", "a", "b"]);
  assert.equal(new Set([...ownerSplit(two, 0.99, 1).train]).size % 8, 1, "one of them");
  for (const none of [rows([0, 1, 0, 1]), rows([0, 1], ["a", "a"])])
    assert.throws(() => ownerSplit(none, 0.5, 1), { code: "ERR_DATA", message: /two owners or more/ });
});

test("a hold-out in blocks is the middle block of each group, per owner", () => {
  const split = blockSplit(rows(new Array(14).fill(0)), 2, 3);
  assertCovers(split, 14);
  assert.deepEqual([...split.holdout], [2, 3, 8, 9]);
  const owned = blockSplit(rows(new Array(8).fill(0), ["a", "b", "a", "b", "a", "b", "a", "b"]), 1, 3);
  assert.deepEqual([...owned.holdout], [2, 3]);
});

test("a hold-out refuses data too small to have two sides, and fractions that are none", () => {
  for (const data of [rows([]), rows([1]), rows([0])]) {
    assert.throws(() => holdoutSplit(data, 0.5, 1), { code: "ERR_DATA" });
    assert.throws(() => chronologicalSplit(data, 0.5), { code: "ERR_DATA" });
    assert.throws(() => blockSplit(data, 1, 2), { code: "ERR_DATA" });
  }
  for (const fraction of [0, 1, -0.1, Number.NaN]) {
    assert.throws(() => holdoutSplit(rows([0, 1, 0, 1]), fraction, 1), RangeError);
    assert.throws(() => chronologicalSplit(rows([0, 1, 0, 1]), fraction), RangeError);
  }
  assert.throws(() => blockSplit(rows([0, 1]), 0, 2), RangeError);
  assert.throws(() => blockSplit(rows([0, 1]), 1, 1), RangeError);
  assert.equal(holdoutSplit(rows([0, 0, 1, 1]), 0.01, 1).holdout.length, 1);
});
