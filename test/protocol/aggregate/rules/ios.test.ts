import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assumedLiars } from "../../../../protocol/aggregate/rows/assumed-liars.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import type { RuleInput } from "../../../../protocol/base/learning-seams.ts";
import { UNIT_WEIGHT } from "../../../../protocol/base/weight.ts";
import { aggregate, anyCrowd, assertNear, assertWithin, attackedCrowd, honestOf } from "../inputs.ts";

test("ios drops the farthest from the mean of what is left, and takes that mean at the end", () => {
  // m = 7: b = 3. Means 14.25, 3, 0.57: 90, then 20, then 8 go; (0 + 1 + 2 + 3 - 1) / 5
  const { params, statuses } = aggregate("ios", ruleInput([0], [[1], [90], [2], [20], [8], [3], [-1]]));
  assert.deepEqual(params, Float32Array.of(1));
  assert.deepEqual(statuses, ["used", "removed", "used", "removed", "removed", "used", "used"]);
});

test("where the own model is the outlier ios keeps it, and drops who is next", () => {
  const { params, statuses } = aggregate("ios", ruleInput([40], [[0], [1], [2]]));
  assert.deepEqual(statuses, ["removed", "used", "used"]);
  assert.deepEqual(params, Float32Array.of(43 / 3));
});

test("ios measures from a mean by staleness weight", () => {
  // The mean is 10 / 3, and 6.9 with a stale second one: the other candidate is the farther
  assert.deepEqual(aggregate("ios", ruleInput([0], [[10], [-1]])).statuses, ["removed", "used"]);
  assert.deepEqual(aggregate("ios", ruleInput([7], [[16], [-2]], [65536, 1])).statuses, ["used", "removed"]);
});

test("of two at the same distance ios keeps the one with the lower index", () => {
  assert.deepEqual(aggregate("ios", ruleInput([0], [[5], [-5]])).statuses, ["used", "removed"]);
});

/** As the paper has it: the mean of what is left is computed anew after each one that goes. */
function byDefinition({ own, candidates }: RuleInput, f: number): number[] {
  let left = candidates.map(({ params, weightQ16 }) => ({ params, weight: weightQ16 }));
  const centre = () => {
    const rows = [{ params: own, weight: UNIT_WEIGHT }, ...left];
    const total = rows.reduce((sum, { weight }) => sum + weight, 0);
    return Array.from(
      own,
      (_, c) => rows.reduce((sum, { params, weight }) => sum + weight * (params[c] as number), 0) / total,
    );
  };
  for (let i = 0; i < assumedLiars(f, candidates.length); i++) {
    const mean = centre();
    const away = left.map(({ params }) => Math.hypot(...Array.from(params, (value, c) => value - (mean[c] as number))));
    left = left.filter((_, j) => j !== away.indexOf(Math.max(...away)));
  }
  return centre();
}

test("ios equals its definition on any crowd", () => {
  fc.assert(
    fc.property(anyCrowd, fc.constantFrom(0, 0.1, 0.2, 0.4), (input, f) => {
      assertNear(aggregate("ios", input, { f }).params, byDefinition(input, f), 1e-4);
    }),
  );
});

test("while the liars are at most b and far off, ios stays within the honest models", () => {
  fc.assert(
    fc.property(
      attackedCrowd((m) => assumedLiars(0.2, m), 2),
      ({ input, liars }) => {
        const far = input.candidates.map((one, j) =>
          liars.has(j) ? { ...one, params: input.own.map(() => 1e6) } : one,
        );
        assertWithin(aggregate("ios", { ...input, candidates: far }).params, honestOf(input, liars), 1e-3);
      },
    ),
  );
});
