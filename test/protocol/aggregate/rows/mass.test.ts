/** Models that stand for several: a gateway's aggregate, aggregated again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RULES } from "../../../../protocol/aggregate/registry.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import type { RuleCandidate, RuleInput } from "../../../../protocol/base/learning-seams.ts";
import { MAX_MASS, UNIT_WEIGHT } from "../../../../protocol/base/weight.ts";
import { aggregate, anyCrowd, assertNear } from "../inputs.ts";

function withMasses({ own, candidates }: RuleInput, [mass = 1, ...masses]: readonly number[]): RuleInput {
  return { own, mass, candidates: candidates.map((one, j) => ({ ...one, mass: masses[j] ?? 1 })) };
}

/** Every model as often as its mass says. */
function spelledOut({ own, candidates, mass = 1 }: RuleInput): RuleInput {
  const same = new Array<RuleCandidate>(mass - 1).fill({ params: own, weightQ16: UNIT_WEIGHT });
  const each = candidates.flatMap(({ params, weightQ16, mass = 1 }) =>
    new Array<RuleCandidate>(mass).fill({ params, weightQ16 }),
  );
  return { own, candidates: [...same, ...each] };
}

const massive: fc.Arbitrary<RuleInput> = fc
  .tuple(anyCrowd, fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 13, maxLength: 13 }))
  .map(([input, masses]) => withMasses(input, masses));

for (const name of ["mean", "median", "weighted-median", "geometric-median"])
  test(`${name}: a model of mass k counts as k equal models`, () => {
    fc.assert(
      fc.property(massive, (input) => {
        assertNear(aggregate(name, input).params, aggregate(name, spelledOut(input)).params, 1e-6);
      }),
    );
  });

test("the mean of means, each with its mass, is the mean of all", () => {
  fc.assert(
    fc.property(anyCrowd, anyCrowd, (one, other) => {
      const short = (params: Float32Array) => params.slice(0, 2);
      const fresh = ({ own, candidates }: RuleInput): RuleInput => ({
        own: short(own),
        candidates: candidates.map(({ params }) => ({ params: short(params), weightQ16: UNIT_WEIGHT })),
      });
      const [here, there] = [fresh(one), fresh(other)];
      const [mine, theirs] = [aggregate("mean", here), aggregate("mean", there)];
      const candidates = [{ params: theirs.params, weightQ16: UNIT_WEIGHT, mass: theirs.mass }];
      const both = aggregate("mean", { own: mine.params, mass: mine.mass, candidates });
      const everyone = [...here.candidates, { params: there.own, weightQ16: UNIT_WEIGHT }, ...there.candidates];
      const all = aggregate("mean", { own: here.own, candidates: everyone });
      assertNear(both.params, all.params, 1e-6);
      assert.equal(both.mass, all.mass);
    }),
  );
});

test("a median stays between honest values while the liars have less than half of the mass, however many they are", () => {
  const input = withMasses(ruleInput([1], [[2], [9e9], [9e9], [9e9]]), [2, 2, 1, 1, 1]);
  for (const name of ["median", "weighted-median"]) {
    assert.deepEqual(aggregate(name, input).params, Float32Array.of(2));
    assert.deepEqual(aggregate(name, withMasses(input, [1, 1, 1, 1, 1])).params, Float32Array.of(9e9));
  }
});

test("masses that tie exactly are decided exactly, the greatest too", () => {
  for (const mass of [1, 3, 1000, MAX_MASS]) {
    const tied = withMasses(ruleInput([0], [[2]]), [mass, mass]);
    for (const name of ["median", "weighted-median"])
      assert.deepEqual(aggregate(name, tied).params, Float32Array.of(1), `${name} ${mass}`);
  }
  const close = withMasses(ruleInput([0], [[2]]), [MAX_MASS, MAX_MASS - 1]);
  assert.deepEqual(aggregate("median", close).params, Float32Array.of(0));
});

test("an aggregate has the mass of the own model and of all who were not removed, up to a bound", () => {
  const input = withMasses(ruleInput([0], [[1], [2], [-100], [-3]]), [2, 3, 4, 5, 6]);
  for (const [name, mass] of [
    ["mean", 20],
    ["median", 20],
    ["guarded-median", 20],
    ["nna", 15],
    ["sc-wmedian", 15],
  ] as const)
    assert.equal(aggregate(name, input).mass, mass, name);
  assert.equal(aggregate("mean", withMasses(input, [1, MAX_MASS, MAX_MASS])).mass, MAX_MASS);
  for (const name of RULES.keys()) assert.equal(aggregate(name, { own: input.own, candidates: [], mass: 7 }).mass, 7);
});

test("a mass that is no whole number in its range is a fault of the caller", () => {
  const input = ruleInput([0], [[1]]);
  for (const mass of [0, -1, 1.5, Number.NaN, MAX_MASS + 1])
    for (const masses of [[mass], [1, mass]])
      for (const name of RULES.keys()) assert.throws(() => aggregate(name, withMasses(input, masses)), RangeError);
});
