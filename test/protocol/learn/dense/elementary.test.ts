import assert from "node:assert/strict";
import { test } from "node:test";
import { f32, i32, local, v128 } from "../../../../protocol/base/wasm-instructions.ts";
import { assemble, createMemory, instantiate } from "../../../../protocol/base/wasm-module.ts";
import { expOfNegative, logOf, tanh } from "../../../../protocol/learn/dense/elementary.ts";
import * as kernels from "../../../../protocol/learn/dense/elementary-kernels.ts";

const pattern = new Int32Array(1);
const float = new Float32Array(pattern.buffer);

/** Positive finite float32, about `count` of them, evenly spread over their bit patterns. */
function* floats(count: number): Generator<number> {
  const step = Math.floor(0x7f800000 / count) | 1;
  for (let bits = 0; bits < 0x7f800000; bits += step) {
    pattern[0] = bits;
    yield float[0] as number;
  }
}

/** Distance from `exact` in units of its last place, of `digits` bits behind the point. */
function ulps(value: number, exact: number, digits: number, least: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(exact))), least);
  return Math.abs(value - exact) / 2 ** (exponent - digits);
}

test("exp of a negative float32 is within 2 ulp down to -87, and 0 below", () => {
  let worst = 0;
  for (const x of floats(300_000)) {
    if (x > 87) assert.equal(expOfNegative(-x), 0);
    else worst = Math.max(worst, ulps(expOfNegative(-x), Math.exp(-x), 23, -126));
  }
  for (let x = 0; x <= 87; x += 0.001)
    worst = Math.max(worst, ulps(expOfNegative(Math.fround(-x)), Math.exp(Math.fround(-x)), 23, -126));
  assert.ok(worst <= 2, `${worst} ulp`);
  assert.deepEqual([expOfNegative(0), expOfNegative(-0), expOfNegative(Number.NEGATIVE_INFINITY)], [1, 1, 0]);
  assert.equal(expOfNegative(Number.NaN), Number.NaN);
});

test("tanh of a float32 is within 2 ulp, and odd", () => {
  let worst = 0;
  const check = (x: number) => {
    const exact = Math.tanh(x);
    if (exact !== 0) worst = Math.max(worst, ulps(tanh(x), exact, 23, -126));
    assert.equal(tanh(-x) + tanh(x), 0);
  };
  for (const x of floats(300_000)) check(x);
  for (let x = 0; x < 10; x += 0.0001) check(Math.fround(x));
  assert.ok(worst <= 2, `${worst} ulp`);
  assert.deepEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(tanh), [Number.NaN, 1, -1]);
});

test("log of a normal float32 is within 4 ulp of float64", () => {
  let worst = 0;
  for (const x of floats(300_000))
    if (x >= 2 ** -126 && x !== 1) worst = Math.max(worst, ulps(logOf(x), Math.log(x), 52, -1022));
  assert.ok(worst <= 4, `${worst} ulp`);
  assert.deepEqual([1, Number.NaN, Number.POSITIVE_INFINITY].map(logOf), [0, Number.NaN, Number.NaN]);
});

test("the kernels give the same bits", () => {
  const memory = createMemory(1);
  const vectors = (name: string, scratch: number, of: typeof kernels.tanh) => ({
    name,
    params: [],
    results: [],
    locals: new Array(scratch).fill("v128"),
    body: v128.store(i32.const(16), of(v128.load(i32.const(0)), [...new Array(scratch).keys()])),
  });
  const { exp, tanhs, log } = instantiate<{ exp(): void; tanhs(): void; log(x: number): number }>(
    assemble({
      functions: [
        vectors("exp", kernels.EXP_SCRATCH, kernels.expOfNegative),
        vectors("tanhs", kernels.TANH_SCRATCH, kernels.tanh),
        {
          name: "log",
          params: ["f32"],
          results: ["f64"],
          locals: ["f32", "i32", "f64", "f64"],
          body: [local.set(1, f32.abs(local.get(0))), kernels.logOf(1, [2, 3, 4])],
        },
      ],
    }),
    memory,
  );
  const view = new Float32Array(memory.buffer);
  const edges = [0, 0.625, 87, 87.00001, 1e30, 2 ** -149, Number.POSITIVE_INFINITY, Number.NaN];
  for (const x of [...floats(100_000), ...edges]) {
    view.set([-x, x, -x / 3, -x / 1e9]);
    const [a, b, c, d] = view.slice(0, 4) as unknown as [number, number, number, number];
    exp();
    for (const [lane, value] of [a, c, d].entries())
      assert.ok(Object.is(view[4 + lane + (lane > 0 ? 1 : 0)], expOfNegative(value)), `exp ${value}`);
    tanhs();
    for (const [lane, value] of [a, b, c, d].entries())
      assert.ok(Object.is(view[4 + lane], tanh(value)), `tanh ${value}`);
    if (b >= 2 ** -126 || Number.isNaN(b)) assert.ok(Object.is(log(b), logOf(b)), `log ${b}`);
  }
});
