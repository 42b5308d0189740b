import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assumedLiars } from "../../../../protocol/aggregate/rows/assumed-liars.ts";
import { distance } from "../../../../protocol/aggregate/rows/distances.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import { aggregate, assertMovesAlong, assertOrderIsFree, attackedCrowd, honestOf } from "../inputs.ts";

test("nna drops the b farthest from own and takes the mean of the rest, sc-wmean by staleness weight", () => {
  // m = 4: b = 1; (1 + 2 - 3) / 4, and (1 * 1 + 2 / 2 - 3) / (1 + 1 + 1/2 + 1)
  const input = ruleInput([0], [[1], [2], [-100], [-3]], [65536, 32768, 65536, 65536]);
  for (const [name, expected] of [
    ["nna", 0],
    ["sc-wmean", -1 / 3.5],
  ] as const) {
    const { params, statuses } = aggregate(name, input);
    assert.deepEqual(params, Float32Array.of(expected));
    assert.deepEqual(statuses, ["used", "used", "removed", "used"]);
  }
});

test("of two at the same distance the one with the lower index stays", () => {
  assert.deepEqual(aggregate("nna", ruleInput([0], [[5], [-5]])).statuses, ["used", "removed"]);
});

test("a single candidate is not dropped", () => {
  assert.deepEqual(aggregate("nna", ruleInput([0], [[8]])).params, Float32Array.of(4));
});

test("a larger f drops more", () => {
  const input = ruleInput([0], [[1], [2], [3], [4], [5], [6], [7], [8], [9]]);
  const removed = (f: number) => aggregate("nna", input, { f }).statuses.filter((s) => s === "removed").length;
  assert.deepEqual([0, 0.1, 0.2, 0.3].map(removed), [1, 2, 3, 4]);
});

test("nna goes no farther from own than the farthest honest candidate while the liars are at most b", () => {
  fc.assert(
    fc.property(
      attackedCrowd((m) => assumedLiars(0.2, m), 2),
      ({ input, liars }) => {
        const farthest = Math.max(...honestOf(input, liars).map((vector) => distance(vector, input.own)));
        assert.ok(distance(aggregate("nna", input).params, input.own) <= farthest * (1 + 1e-6));
      },
    ),
  );
});

test("nna does not depend on the order of the candidates", () => assertOrderIsFree("nna"));

test("nna moves with its inputs", () => assertMovesAlong("nna"));
