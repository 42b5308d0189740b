import assert from "node:assert/strict";
import { test } from "node:test";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import { aggregate, assertNear } from "../inputs.ts";

test("caf takes the mean where the crowd was narrowest", () => {
  // b = 1, mu = 21.2: 100 loses its weight, the others 21.2^2, 20.2^2, 19.2^2, 18.2^2 of 78.8^2: now the crowd is narrowest
  const { params, statuses } = aggregate("caf", ruleInput([0], [[1], [2], [3], [100]]));
  const weights = [0, 1, 2, 3].map((value) => 1 - ((21.2 - value) / 78.8) ** 2) as [number, number, number, number];
  const total = weights[0] + weights[1] + weights[2] + weights[3];
  assertNear(params, [(weights[1] + 2 * weights[2] + 3 * weights[3]) / total], 1e-6);
  assert.deepEqual(statuses, ["used", "used", "used", "removed"]);
});

test("a liar without weight does not shield the others", () => {
  const honest = Array.from({ length: 10 }, (_, j) => [Math.cos(j), Math.sin(j)]);
  const input = ruleInput([0, 0], [...honest, [1e6, 1e6], [1e3, 0], [1e3, 1], [1e3, -1]]);
  const { params, statuses } = aggregate("caf", input);
  assert.deepEqual(statuses.slice(10), new Array(4).fill("removed"));
  assert.ok(Math.hypot(...params) < 1);
});

test("the weights of rows that are equal go at once, and of a crowd of two points the mean stays", () => {
  assertNear(aggregate("caf", ruleInput([1], [[1], [-1], [-1]])).params, [0], 1e-6);
});
