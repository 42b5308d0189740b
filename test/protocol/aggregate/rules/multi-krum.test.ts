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
  crowd,
  honestOf,
} from "../inputs.ts";

test("multi-krum averages the n - b vectors with the best scores", () => {
  // n = 5, b = 1, scores from the 2 nearest: 1 + 9, 1 + 4, 4 + 9, 9 + 25, and a great deal
  const { params, statuses } = aggregate("multi-krum", ruleInput([0], [[1], [3], [6], [100]]));
  assert.deepEqual(params, Float32Array.of(2.5));
  assert.deepEqual(statuses, ["used", "used", "used", "removed"]);
});

test("the own model may be the one that is left out", () => {
  const { params, statuses } = aggregate("multi-krum", ruleInput([100], [[0], [1], [3], [6]]));
  assert.deepEqual(params, Float32Array.of(2.5));
  assert.deepEqual(statuses, ["used", "used", "used", "used"]);
});

test("with fewer than four candidates nothing is removed: it is the mean", () => {
  const { params, statuses } = aggregate("multi-krum", ruleInput([0], [[1], [2], [97]]));
  assert.deepEqual(params, Float32Array.of(25));
  assert.deepEqual(statuses, ["used", "used", "used"]);
});

test("a larger f removes more", () => {
  const input = ruleInput([0], [[1], [2.5], [4], [6], [9], [13], [19], [28], [40]]);
  const removed = (f: number) => aggregate("multi-krum", input, { f }).statuses.filter((s) => s === "removed").length;
  assert.deepEqual([0, 0.1, 0.2, 0.3].map(removed), [1, 2, 3, 3]);
});

test("liars far away are removed while they are at most b, alike or not, and the honest are not", () => {
  const place = fc.tuple(fc.nat(), fc.integer({ min: 4, max: 16 }), fc.boolean(), fc.nat());
  fc.assert(
    fc.property(place, ([seed, m, alike, offset]) => {
      const b = Math.min(assumedLiars(0.2, m), Math.floor((m - 2) / 2));
      const { own, candidates } = crowd(seed, m, 3);
      const liars = new Set(Array.from({ length: b }, (_, i) => (offset + i) % m));
      const attacked = candidates.map((candidate, j) =>
        liars.has(j) ? { ...candidate, params: own.map((_, i) => 1000 * (i + (alike ? 1 : j + 1))) } : candidate,
      );
      const input = { own, candidates: attacked };
      const { params, statuses } = aggregate("multi-krum", input);
      assert.deepEqual(
        statuses,
        attacked.map((_, j) => (liars.has(j) ? "removed" : "used")),
      );
      assertWithin(params, honestOf(input, liars), 1e-6);
    }),
  );
});

test("multi-krum does not depend on the order of the candidates", () => assertOrderIsFree("multi-krum"));

test("multi-krum moves with its inputs", () => assertMovesAlong("multi-krum"));

test("multi-krum does not look at weights", () => assertWeightsAreIgnored("multi-krum"));
