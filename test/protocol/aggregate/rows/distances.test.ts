import assert from "node:assert/strict";
import { test } from "node:test";
import { KERNELS } from "../../../../protocol/aggregate/kernels/passes.ts";
import { BLOCK } from "../../../../protocol/aggregate/rows/differences.ts";
import { distance } from "../../../../protocol/aggregate/rows/distances.ts";
import { createRng } from "../../../../protocol/base/rng.ts";

function draw(length: number, label: string): Float32Array {
  const rng = createRng(label);
  return Float32Array.from({ length }, () => rng.normal());
}

test("a distance is that of Euclid, whether or not the length is a multiple of the block", () => {
  assert.equal(distance(Float32Array.of(1, 2), Float32Array.of(4, 6)), 5);
  assert.equal(distance(new Float32Array(0), new Float32Array(0)), 0);
  for (const d of [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3]) {
    const ones = new Float32Array(d).fill(1);
    assert.equal(distance(ones, new Float32Array(d)), Math.sqrt(d), `d = ${d}`);
  }
});

test("the sums of the blocks are added in order: the last bit does not depend on who computes them", () => {
  const a = draw(3 * BLOCK - 5, "a");
  const b = draw(3 * BLOCK - 5, "b");
  let total = 0;
  for (let start = 0; start < a.length; start += BLOCK)
    total += distance(a.subarray(start, start + BLOCK), b.subarray(start, start + BLOCK)) ** 2;
  const whole = distance(a, b) ** 2;
  assert.ok(Math.abs(whole - total) < 1e-12 * total);
  assert.equal(distance(a, b), distance(b, a));
  assert.equal(distance(a, b), Math.sqrt(KERNELS.gram([a, b])[0] as number), "both orders of sums agree to the bit");
});

test("the Gram matrix holds the inner products of the differences", () => {
  const origin = Float32Array.of(1, 1);
  const gram = KERNELS.gram([origin, Float32Array.of(2, 3), Float32Array.of(0, 4), Float32Array.of(1, 1)]);
  assert.deepEqual([...gram], [5, 5, 0, 5, 10, 0, 0, 0, 0]);
});

test("equal vectors are at distance 0 exactly, by the Gram matrix too", () => {
  const origin = draw(BLOCK + 77, "origin");
  const vector = draw(BLOCK + 77, "vector");
  const [jj, jk, kj, kk] = KERNELS.gram([origin, vector, vector.slice()]);
  assert.equal((jj as number) + (kk as number) - (jk as number) - (kj as number), 0);
  assert.equal(jj, kk);
});
