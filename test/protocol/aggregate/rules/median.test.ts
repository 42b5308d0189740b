/** The two plain medians: `median` and `weighted-median`. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import type { RuleCandidate, RuleInput } from "../../../../protocol/base/learning-seams.ts";
import { UNIT_WEIGHT } from "../../../../protocol/base/weight.ts";
import { aggregate, anyInput, vector, weight } from "../inputs.ts";

const anyFloat = fc.float({ noNaN: true, noDefaultInfinity: true });

test("median takes the middle of each coordinate, of an even number the midpoint, and no weights", () => {
  assert.deepEqual(
    aggregate(
      "median",
      ruleInput(
        [1, 9],
        [
          [2, 7],
          [3, 8],
        ],
      ),
    ).params,
    Float32Array.of(2, 8),
  );
  assert.deepEqual(aggregate("median", ruleInput([1], [[2], [4], [100]], [1, 1, 1])).params, Float32Array.of(3));
});

test("weighted-median counts a candidate by its weight", () => {
  const candidates = [[1], [2]];
  assert.deepEqual(aggregate("weighted-median", ruleInput([0], candidates)).params, Float32Array.of(1));
  assert.deepEqual(aggregate("weighted-median", ruleInput([0], candidates, [32768, 32767])).params, Float32Array.of(0));
  assert.deepEqual(
    aggregate("weighted-median", ruleInput([0], candidates, [32768, 32768])).params,
    Float32Array.of(0.5),
  );
});

test("weighted-median at equal weights is the median", () => {
  fc.assert(
    fc.property(anyInput, ({ own, candidates }) => {
      const fresh = { own, candidates: candidates.map(({ params }) => ({ params, weightQ16: UNIT_WEIGHT })) };
      assert.deepEqual(aggregate("weighted-median", fresh).params, aggregate("median", fresh).params);
    }),
  );
});

for (const name of ["median", "weighted-median"]) {
  test(`${name} does not depend on the order of the candidates`, () => {
    const shuffled = anyInput.chain((input) =>
      fc.tuple(fc.constant(input), fc.shuffledSubarray([...input.candidates], { minLength: input.candidates.length })),
    );
    fc.assert(
      fc.property(shuffled, ([input, candidates]) => {
        assert.deepEqual(aggregate(name, { ...input, candidates }).params, aggregate(name, input).params);
      }),
    );
  });

  test(`${name} moves with its inputs: a shift of all is a shift of the result`, () => {
    fc.assert(
      fc.property(anyInput, vector(6), ({ own, candidates }, shift) => {
        const move = (params: Float32Array) => params.map((value, i) => value + (shift[i] as number));
        const moved = { own: move(own), candidates: candidates.map((c) => ({ ...c, params: move(c.params) })) };
        assert.deepEqual(aggregate(name, moved).params, move(aggregate(name, { own, candidates }).params));
      }),
    );
  });

  test(`${name} stays between honest values while the liars hold less than half of the weight`, () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), weight), { minLength: 0, maxLength: 8 });
    const liars = fc.array(fc.tuple(anyFloat, weight), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(rows, liars, ([...honest], wanted) => {
        const counted = (w: number) => (name === "median" ? 1 : w);
        let spare = honest.reduce((sum, [, w]) => sum + counted(w), counted(UNIT_WEIGHT));
        const lying = wanted.filter(([, w]) => {
          const fits = counted(w) < spare;
          if (fits) spare -= counted(w);
          return fits;
        });
        const candidates: RuleCandidate[] = [...lying, ...honest].map(([value, weightQ16]) => ({
          params: Float32Array.of(value),
          weightQ16,
        }));
        const input: RuleInput = { own: Float32Array.of(0), candidates };
        const result = aggregate(name, input).params[0] as number;
        const truths = [0, ...honest.map(([value]) => value)];
        assert.ok(result >= Math.min(...truths) && result <= Math.max(...truths), `${result} outside ${truths}`);
      }),
    );
  });
}
