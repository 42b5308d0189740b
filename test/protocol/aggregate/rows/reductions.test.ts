import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { wholeWeights } from "../../../../protocol/aggregate/rows/half-weight.ts";
import { PLAIN } from "../../../../protocol/aggregate/rows/plain.ts";
import { meanAroundMedian, type Reduce, weightedMedian } from "../../../../protocol/aggregate/rows/reductions.ts";
import { createRng } from "../../../../protocol/base/rng.ts";

interface Vectors {
  readonly cases: readonly { v: number[]; w: number[]; lower: number; upper: number; mid: number }[];
}

function createWeightedMedian(weights: number[], tolerance?: number): Reduce {
  return weightedMedian(wholeWeights(weights), tolerance);
}

function coordinateMedian(rows: Float32Array[], weights: number[]): Float32Array {
  const reduction = { kind: "median", weights: wholeWeights(weights), tolerance: 0 } as const;
  return PLAIN.reduce(rows, { reduction });
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../vectors/weighted-median.json", import.meta.url), "utf8"),
) as Vectors;

test("the weighted median equals the stored vectors exactly", () => {
  assert.ok(vectors.cases.length > 0);
  for (const { v, w, mid } of vectors.cases) assert.equal(createWeightedMedian(w)(v), mid, `${v} with weights ${w}`);
});

test("a whole weight w counts as w copies of the value", () => {
  const items = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 5 })), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(items, (drawn) => {
      const copies = drawn.flatMap(([value, w]) => Array<number>(w).fill(value)).sort((a, b) => a - b);
      const [lower, upper] = [copies[Math.ceil(copies.length / 2) - 1], copies[Math.floor(copies.length / 2)]];
      const found = createWeightedMedian(drawn.map(([, w]) => w))(drawn.map(([value]) => value));
      assert.equal(found, ((lower as number) + (upper as number)) / 2);
    }),
  );
});

test("a tie is decided by one unit of weight in 65536", () => {
  const values = [0, 1, 2];
  assert.equal(createWeightedMedian([65536, 1, 65536])(values), 1);
  assert.equal(createWeightedMedian([65536, 1, 65537])(values), 1.5);
  assert.equal(createWeightedMedian([65536, 1, 65538])(values), 2);
});

test("within the tolerance fractional weights that should tie do tie", () => {
  const thirds = [1, 1 / 3, 1 / 3, 1 / 3];
  assert.equal(createWeightedMedian(thirds, 1e-6)([0, 1, 1, 1]), 0.5);
  assert.equal(createWeightedMedian([1, 1 - 1e-9], 1e-6)([0, 1]), 0.5);
  assert.equal(createWeightedMedian([1, 1 - 1e-3], 1e-6)([0, 1]), 0);
});

test("the function may be called again and again: no state is left from one column to the next", () => {
  const median = createWeightedMedian([1, 1, 1]);
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([-3, -1, -2]), -2);
  assert.equal(median([3, 1, 2]), 2);
});

test("midpoints are rounded once and do not overflow", () => {
  const largest = 3.4028234663852886e38;
  const below = 3.4028232635611926e38;
  const of = (a: number, b: number) => coordinateMedian([Float32Array.of(a), Float32Array.of(b)], [1, 1])[0];
  assert.equal(of(largest, below), below, "halfway between two neighbours: to the even one, as float32 rounds");
  assert.equal(of(largest, largest), largest);
  assert.equal(of(1, 2), 1.5);
});

test("the result never holds -0", () => {
  const tiny = 2 ** -149;
  for (const column of [[-0], [-0, -0], [-0, 0, -0], [-tiny, 0], [-1, 1]]) {
    const result = coordinateMedian(
      column.map((value) => Float32Array.of(value)),
      column.map(() => 1),
    );
    assert.ok(Object.is(result[0], 0), `median of ${column} is ${result[0]}`);
  }
});

test("the mean around the median is that of the values nearest to it; of two equally far off the lesser is kept", () => {
  const rng = createRng("reductions/around");
  for (let draw = 0; draw < 400; draw++) {
    const n = 1 + rng.below(9);
    const keep = 1 + rng.below(n);
    const column = Array.from({ length: n }, () => rng.below(12) / 2);
    const sorted = column.toSorted((a, b) => a - b);
    const median = ((sorted[(n - 1) >> 1] as number) + (sorted[n >> 1] as number)) / 2;
    const nearest = sorted.toSorted((a, b) => Math.abs(a - median) - Math.abs(b - median) || a - b).slice(0, keep);
    const expected = nearest.reduce((sum, value) => sum + value, 0) / keep;
    assert.equal(meanAroundMedian(n, keep)(column), expected, `${keep} of ${column}`);
  }
});
