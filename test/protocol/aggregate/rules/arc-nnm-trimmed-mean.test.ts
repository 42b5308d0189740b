import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assumedLiars } from "../../../../protocol/aggregate/rows/assumed-liars.ts";
import { distance } from "../../../../protocol/aggregate/rows/distances.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import {
  aggregate,
  assertMovesAlong,
  assertNear,
  assertOrderIsFree,
  assertWeightsAreIgnored,
  attackedCrowd,
  honestOf,
} from "../inputs.ts";

const NAME = "arc-nnm-trimmed-mean";

test("arc-nnm-trimmed-mean clips, mixes and trims", () => {
  // b = 1, c = 1, r = 2.5: 4 is shortened to 2.5; three rows in each mean:
  // z = mean(0 1 2.5), mean(1 0 2.5), mean(2.5 2.5 1), mean(2.5 2.5 1); of 7/6 7/6 2 2 the middle two
  const { params, statuses } = aggregate(NAME, ruleInput([0], [[1], [2.5], [4]]));
  assertNear(params, [19 / 12], 1e-6);
  assert.deepEqual(statuses, ["used", "used", "clipped"]);
});

test("a larger f clips, leaves out and trims more", () => {
  const input = ruleInput([0], [[1], [2], [3], [4], [5], [6], [7], [80], [90]]);
  const at = (f: number) => aggregate(NAME, input, { f });
  const clipped = (f: number) => at(f).statuses.filter((status) => status === "clipped").length;
  assert.deepEqual([0, 0.1, 0.2, 0.3].map(clipped), [1, 3, 4, 4]);
  assert.ok((at(0).params[0] as number) > (at(0.2).params[0] as number));
});

test("the own row ranks by distance before clipping: which liar stands first does not matter", () => {
  const at = (first: number, last: number) =>
    aggregate(NAME, ruleInput([0], [[first], [1], [-2], [2.5], [3], [-1.5], [last]])).params[0] as number;
  assertNear([at(1e3, 5)], [at(5, 1e3)], 1e-6);
});

test("a liar far away moves the result no further than one at the clipping radius", () => {
  const at = (value: number) =>
    aggregate(NAME, ruleInput([0], [[-2], [-1], [0.5], [1], [2.25], [3], [value]])).params[0] as number;
  assertNear([at(1e6)], [at(1e30)], 1e-6);
});

test("every coordinate stays as near to own as the farthest honest candidate while the liars are at most b", () => {
  fc.assert(
    fc.property(
      attackedCrowd((m) => assumedLiars(0.2, m), 2),
      ({ input, liars }) => {
        const farthest = Math.max(...honestOf(input, liars).map((vector) => distance(vector, input.own)));
        for (const [i, value] of aggregate(NAME, input).params.entries())
          assert.ok(Math.abs(value - (input.own[i] as number)) <= farthest * (1 + 1e-6));
      },
    ),
  );
});

test("arc-nnm-trimmed-mean does not depend on the order of the candidates", () => assertOrderIsFree(NAME));

test("arc-nnm-trimmed-mean moves with its inputs", () => assertMovesAlong(NAME));

test("arc-nnm-trimmed-mean does not look at weights", () => assertWeightsAreIgnored(NAME));
