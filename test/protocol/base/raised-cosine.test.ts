import assert from "node:assert/strict";
import { test } from "node:test";
import { raisedCosine } from "../../../protocol/base/raised-cosine.ts";

test("the raised cosine has the values that are known, the first three exactly", () => {
  assert.deepEqual([0, 0.5, 1].map(raisedCosine), [1, 0.5, 0]);
  for (const [x, value] of [
    [1 / 3, 3 / 4],
    [2 / 3, 1 / 4],
    [1 / 4, (2 + Math.SQRT2) / 4],
    [3 / 4, (2 - Math.SQRT2) / 4],
  ] as const)
    assert.ok(Math.abs(raisedCosine(x) - value) < 3e-16, `${raisedCosine(x)} for ${value}`);
});

test("the raised cosine is that of the host to a unit of the last place or two, never rises, and stays in 0 .. 1", () => {
  let before = 1;
  for (let i = 0; i <= 100_000; i++) {
    const [x, value] = [i / 100_000, raisedCosine(i / 100_000)];
    assert.ok(Math.abs(value - (1 + Math.cos(Math.PI * x)) / 2) < 4e-16);
    assert.ok(value <= before && value >= 0);
    before = value;
  }
});
