/** Parameters on the grid of a cohort: the bound of the error, the bound of the sum, and what is beyond the grid. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { addWords } from "../../../protocol/cohort/masks.ts";
import { COHORT_GRID, meanOf, quantise } from "../../../protocol/cohort/quantise.ts";

const float = fc.float({ min: -8, max: 8, noNaN: true });

function summed(vectors: readonly Float32Array[], grid = COHORT_GRID): Float32Array {
  const sum = new Uint32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) addWords(sum, quantise(vector, grid, vectors.length));
  return meanOf(sum, grid, vectors.length);
}

describe("parameters on the grid of a cohort", () => {
  it("give a mean that is off by half a step at most, and what float32 rounds", () => {
    const vectors = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))
      .chain(([members, length]) =>
        fc.array(fc.array(float, { minLength: length, maxLength: length }), { minLength: members, maxLength: members }),
      );
    fc.assert(
      fc.property(vectors, (rows) => {
        const mean = summed(rows.map((row) => Float32Array.from(row)));
        for (const [i, value] of mean.entries()) {
          const exact = rows.reduce((sum, row) => sum + Math.fround(row[i] as number), 0) / rows.length;
          const step = 128 / (2 ** 28 - 1);
          assert.ok(Math.abs(value - exact) <= step / 2 + Math.abs(exact) * 2 ** -23, `${value} for ${exact}`);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("do not overflow where every member of the largest cohort sends the most that there is", () => {
    for (const sign of [1, -1]) {
      const members = Array.from({ length: LIMITS.maxCohort }, () => Float32Array.of(sign * 1e30));
      assert.ok(Math.abs((summed(members)[0] as number) - sign * COHORT_GRID.clip) < 1e-5);
    }
  });

  it("move what is beyond the grid to its edge", () => {
    assert.deepEqual([...summed([Float32Array.of(1e9, -1e9)])].map(Math.round), [64, -64]);
  });

  it("are refused where the sum of so many would not fit into a word, or a value is not finite", () => {
    assert.doesNotThrow(() => quantise(Float32Array.of(1), { clip: 1, bits: 29 }, 7));
    assert.throws(() => quantise(Float32Array.of(1), { clip: 1, bits: 29 }, 8), RangeError);
    assert.throws(() => meanOf(Uint32Array.of(1), { clip: 1, bits: 31 }, 2), RangeError);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => quantise(Float32Array.of(0, bad), COHORT_GRID, 3), /parameter 1/);
  });
});
