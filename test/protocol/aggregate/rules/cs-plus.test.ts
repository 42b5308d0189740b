import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assumedLiars } from "../../../../protocol/aggregate/rows/assumed-liars.ts";
import { distance } from "../../../../protocol/aggregate/rows/distances.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import { aggregate, assertMovesAlong, assertOrderIsFree, attackedCrowd, honestOf } from "../inputs.ts";

test("cs-plus shortens the 2 b farthest to the distance of the next and takes the mean", () => {
  // m = 4: b = 1; r = 2; (1 - 2 + 2 + 2) / 5
  const { params, statuses } = aggregate("cs-plus", ruleInput([0], [[1], [-2], [3], [100]]));
  assert.deepEqual(params, Float32Array.of(0.6));
  assert.deepEqual(statuses, ["used", "used", "clipped", "clipped"]);
});

test("weights count in the mean, not in the choice of the radius", () => {
  // (1 - 2 + 2 / 2 + 2 / 2) / (1 + 1 + 1 + 1/2 + 1/2)
  const input = ruleInput([0], [[1], [-2], [3], [100]], [65536, 65536, 32768, 32768]);
  assert.deepEqual(aggregate("cs-plus", input).params, Float32Array.of(0.25));
});

test("of one candidate nothing is shortened, of two the farther", () => {
  assert.deepEqual(aggregate("cs-plus", ruleInput([0], [[8]])).params, Float32Array.of(4));
  assert.deepEqual(aggregate("cs-plus", ruleInput([0], [[1], [50]])).statuses, ["used", "clipped"]);
});

test("a larger f shortens more", () => {
  const input = ruleInput([0], [[1], [2], [3], [4], [5], [6], [7], [8], [9]]);
  const clipped = (f: number) => aggregate("cs-plus", input, { f }).statuses.filter((s) => s === "clipped").length;
  assert.deepEqual([0, 0.1, 0.2, 0.3].map(clipped), [2, 4, 6, 8]);
});

test("cs-plus goes no farther from own than the (b+1)-th farthest honest candidate while the liars are at most b", () => {
  fc.assert(
    fc.property(
      attackedCrowd((m) => assumedLiars(0.2, m), 3),
      ({ input, liars }) => {
        const distances = honestOf(input, liars).map((vector) => distance(vector, input.own));
        const bound = distances.sort((a, b) => b - a)[assumedLiars(0.2, input.candidates.length)] as number;
        assert.ok(distance(aggregate("cs-plus", input).params, input.own) <= bound * (1 + 1e-6));
      },
    ),
  );
});

test("cs-plus does not depend on the order of the candidates", () => assertOrderIsFree("cs-plus"));

test("cs-plus moves with its inputs", () => assertMovesAlong("cs-plus"));
