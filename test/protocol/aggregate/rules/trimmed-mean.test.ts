import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assumedLiars } from "../../../../protocol/aggregate/rows/assumed-liars.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import {
  aggregate,
  assertMovesAlong,
  assertOrderIsFree,
  assertWeightsAreIgnored,
  assertWithin,
  attackedCrowd,
  honestOf,
} from "../inputs.ts";

test("trimmed-mean drops the b largest and the b smallest of each coordinate and averages the rest", () => {
  // m = 4: b = 1; by coordinate: -50 [0 1 2] 100, and -9 [0 4 5] 7
  const candidates = [
    [1, 4],
    [2, 7],
    [100, -9],
    [-50, 5],
  ];
  const { params, statuses } = aggregate("trimmed-mean", ruleInput([0, 0], candidates));
  assert.deepEqual(params, Float32Array.of(1, 3));
  assert.deepEqual(statuses, ["used", "used", "used", "used"]);
});

test("trimmed-mean of own and two candidates is the median, of own and one the mean", () => {
  assert.deepEqual(aggregate("trimmed-mean", ruleInput([0], [[1], [50]])).params, Float32Array.of(1));
  assert.deepEqual(aggregate("trimmed-mean", ruleInput([0], [[1]])).params, Float32Array.of(0.5));
});

test("a larger f drops more", () => {
  const input = ruleInput([0], [[1], [2], [3], [4], [50], [60], [70], [80]]);
  assert.deepEqual(aggregate("trimmed-mean", input, { f: 0 }).params, Float32Array.of(190 / 7));
  assert.deepEqual(aggregate("trimmed-mean", input, { f: 0.2 }).params, Float32Array.of(19));
});

test("trimmed-mean stays between honest values while the liars are at most b", () => {
  fc.assert(
    fc.property(
      attackedCrowd((m) => assumedLiars(0.2, m), 2),
      ({ input, liars }) => assertWithin(aggregate("trimmed-mean", input).params, honestOf(input, liars), 1e-6),
    ),
  );
});

test("one liar more than b moves it anywhere", () => {
  const { params } = aggregate("trimmed-mean", ruleInput([0], [[0], [0], [3e6], [3e6]]));
  assert.deepEqual(params, Float32Array.of(1e6));
});

test("trimmed-mean does not depend on the order of the candidates", () => assertOrderIsFree("trimmed-mean"));

test("trimmed-mean moves with its inputs", () => assertMovesAlong("trimmed-mean"));

test("trimmed-mean does not look at weights", () => assertWeightsAreIgnored("trimmed-mean"));
