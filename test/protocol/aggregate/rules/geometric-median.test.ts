import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
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

test("geometric-median of a right-angled corner is its Fermat point", () => {
  const input = ruleInput(
    [0, 0],
    [
      [1, 0],
      [0, 1],
    ],
  );
  const { params, statuses } = aggregate("geometric-median", input, { iterations: 1000 });
  assertNear(params, [(3 - Math.sqrt(3)) / 6, (3 - Math.sqrt(3)) / 6], 1e-6);
  assert.deepEqual(statuses, ["used", "used"]);
});

test("on a line it is the median", () => {
  assertNear(aggregate("geometric-median", ruleInput([0], [[1], [10]])).params, [1], 1e-4);
});

test("iterations counts the Weiszfeld steps from the mean", () => {
  // mean 2; distances 2 1 3; (0/2 + 1/1 + 5/3) / (1/2 + 1 + 1/3) = 16/11
  const input = ruleInput([0], [[1], [5]]);
  assertNear(aggregate("geometric-median", input, { iterations: 1 }).params, [16 / 11], 1e-6);
  assertNear(aggregate("geometric-median", input, { iterations: 1.9 }).params, [16 / 11], 1e-6);
  assertNear(aggregate("geometric-median", input, { iterations: 1000 }).params, [1], 1e-5);
});

test("nu smooths: where every distance is below it, it is the mean", () => {
  assertNear(aggregate("geometric-median", ruleInput([0], [[1], [5]]), { nu: 100 }).params, [2], 1e-6);
});

test("geometric-median stays near the honest while the liars are fewer than half", () => {
  fc.assert(
    fc.property(
      attackedCrowd((m) => Math.floor(m / 2), 2),
      ({ input, liars }) => {
        const n = input.candidates.length + 1;
        const { params } = aggregate("geometric-median", input, { iterations: 1000 });
        const spread = Math.max(...honestOf(input, liars).map((vector) => distance(vector, input.own)));
        // Minsker 2015, lemma 2.1, around the own model
        const bound = (2 * (n - liars.size)) / (n - 2 * liars.size);
        assert.ok(distance(params, input.own) <= bound * spread * 1.01);
      },
    ),
  );
});

test("geometric-median does not depend on the order of the candidates", () => assertOrderIsFree("geometric-median"));

test("geometric-median moves with its inputs", () => assertMovesAlong("geometric-median"));

test("geometric-median does not look at weights", () => assertWeightsAreIgnored("geometric-median"));
