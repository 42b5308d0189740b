import assert from "node:assert/strict";
import { test } from "node:test";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import { aggregate } from "../inputs.ts";

test("mean is the average by weight, the own model at weight 1", () => {
  const input = ruleInput(
    [0, 8],
    [
      [3, 8],
      [6, 0],
    ],
    [32768, 32768],
  );
  const { params, statuses } = aggregate("mean", input);
  assert.deepEqual(params, Float32Array.of(2.25, 6));
  assert.deepEqual(statuses, ["used", "used"]);
});

test("mean sums in float64: a large value that cancels takes nothing with it", () => {
  const { params } = aggregate("mean", ruleInput([1], [[2 ** 30], [-(2 ** 30)], [3]]));
  assert.deepEqual(params, Float32Array.of(1));
});

test("one liar moves the mean anywhere: it is a yardstick, not a defence", () => {
  const { params } = aggregate("mean", ruleInput([0], [[0], [0], [4e6]]));
  assert.deepEqual(params, Float32Array.of(1e6));
});
