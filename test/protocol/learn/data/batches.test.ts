import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createBatches, gatherRows } from "../../../../protocol/learn/data/batches.ts";

const sizes = { length: fc.integer({ min: 1, max: 40 }), batch: fc.integer({ min: 1, max: 50 }) };

test("every example is drawn once before any is drawn again, whatever the sizes", () => {
  fc.assert(
    fc.property(sizes.length, sizes.batch, fc.string(), (length, batch, seed) => {
      const next = createBatches(length, batch, seed);
      const drawn: number[] = [];
      for (let i = 0; i < 3 * length; i++) drawn.push(...next());
      for (let epoch = 0; (epoch + 1) * length <= drawn.length; epoch++) {
        const seen = new Set(drawn.slice(epoch * length, (epoch + 1) * length));
        assert.equal(seen.size, length);
        assert.ok([...seen].every((i) => i >= 0 && i < length));
      }
    }),
  );
});

test("a batch has min(batch, length) examples, and one as large as the data set is the whole of it", () => {
  fc.assert(
    fc.property(sizes.length, sizes.batch, (length, batch) => {
      const next = createBatches(length, batch, "s");
      for (let i = 0; i < 5; i++) {
        const indices = next();
        assert.equal(indices.length, Math.min(batch, length));
        if (batch >= length) assert.equal(new Set(indices).size, length);
      }
    }),
  );
});

test("the seed fixes the order, and another seed gives another", () => {
  const [a, again, other] = ["a", "a", "b"].map((seed) => createBatches(100, 32, seed));
  const drawn = Array.from({ length: 7 }, () => a?.());
  assert.deepEqual(
    Array.from({ length: 7 }, () => again?.()),
    drawn,
  );
  assert.notDeepEqual(
    Array.from({ length: 7 }, () => other?.()),
    drawn,
  );
});

test("sizes that are no positive integers are a RangeError", () => {
  for (const [length, batch] of [
    [0, 1],
    [1, 0],
    [2.5, 1],
    [1, Number.NaN],
  ] as const)
    assert.throws(() => createBatches(length, batch, "s"), RangeError);
});

test("gatherRows copies rows in order", () => {
  const to = new Float32Array(6);
  gatherRows(Float32Array.of(0, 1, 10, 11, 20, 21), 2, Uint32Array.of(2, 0, 2), to);
  assert.deepEqual([...to], [20, 21, 0, 1, 20, 21]);
});
