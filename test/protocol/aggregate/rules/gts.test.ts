import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assumedLiars } from "../../../../protocol/aggregate/rows/assumed-liars.ts";
import { distance } from "../../../../protocol/aggregate/rows/distances.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import { aggregate, assertNear, attackedCrowd, honestOf } from "../inputs.ts";

test("gts leaves the weight of what it trims with the own model, where sc-wmean shares it out", () => {
  // m = 4: b = 1; (1 + 2 / 2 - 3) / (1 + 1 + 1/2 + 1 + 1), and the same over 3.5
  const input = ruleInput([0], [[1], [2], [-100], [-3]], [65536, 32768, 65536, 65536]);
  const { params, statuses } = aggregate("gts", input);
  assert.deepEqual(params, Float32Array.of(-1 / 4.5));
  assert.deepEqual(statuses, ["used", "used", "removed", "used"]);
  assert.deepEqual(aggregate("sc-wmean", input).params, Float32Array.of(-1 / 3.5));
});

test("of two at the same distance gts keeps the one with the lower index", () => {
  assert.deepEqual(aggregate("gts", ruleInput([0], [[5], [-5]])).statuses, ["used", "removed"]);
});

test("a larger f trims more", () => {
  const input = ruleInput([0], [[1], [2], [3], [4], [5], [6], [7], [8], [9]]);
  const removed = (f: number) => aggregate("gts", input, { f }).statuses.filter((s) => s === "removed").length;
  assert.deepEqual([0, 0.1, 0.2, 0.3].map(removed), [1, 2, 3, 4]);
});

test("gts goes no farther from own than the farthest honest candidate while the liars are at most b", () => {
  fc.assert(
    fc.property(
      attackedCrowd((m) => assumedLiars(0.2, m), 2),
      ({ input, liars }) => {
        const farthest = Math.max(...honestOf(input, liars).map((vector) => distance(vector, input.own)));
        assert.ok(distance(aggregate("gts", input).params, input.own) <= farthest * (1 + 1e-6));
      },
    ),
  );
});

test("what gts trims has no influence, and the rest as much as its weight among all", () => {
  const input = { ...ruleInput([0], [[1], [2], [-100], [-3]]), explain: true };
  const { explanation = [] } = aggregate("gts", input);
  assertNear(
    explanation.map(({ influence }) => influence),
    [0.2, 0.2, 0, 0.2],
    1e-12,
  );
});
