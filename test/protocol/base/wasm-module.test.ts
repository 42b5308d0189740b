import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Code, ValueType } from "../../../protocol/base/wasm-code.ts";
import {
  block,
  br,
  br_if,
  call,
  drop,
  f32,
  f32x4,
  f64,
  f64x2,
  forLoop,
  i32,
  i32x4,
  if_else,
  local,
  loop,
  select,
  shuffle,
  swizzle,
  v128,
} from "../../../protocol/base/wasm-instructions.ts";
import { assemble, createMemory, hasSimd, instantiate } from "../../../protocol/base/wasm-module.ts";

const page = createMemory(1);
const floats = new Float32Array(page.buffer);
const doubles = new Float64Array(page.buffer);
const integers = new Int32Array(page.buffer);
const bytes = new Uint8Array(page.buffer);

type Numeric = (...operands: number[]) => number;

/** One function of a body, with 4 locals of type i32 behind its parameters. */
function compile(params: readonly ValueType[], results: readonly ValueType[], body: Code): Numeric {
  const locals: ValueType[] = ["i32", "i32", "i32", "i32"];
  return instantiate<{ run: Numeric }>(assemble({ functions: [{ name: "run", params, results, locals, body }] }), page)
    .run;
}

/** An operator of two (or one) numbers of a type, as a function. */
function scalar(type: ValueType, result: ValueType, operator: (...operands: Code[]) => Code, arity = 2): Numeric {
  const operands = Array.from({ length: arity }, (_, k) => local.get(k));
  return compile(new Array<ValueType>(arity).fill(type), [result], operator(...operands));
}

/** Runs a vector expression over the vectors at 0, 16 and 32, and stores it at 48. */
function vector(expression: (a: Code, b: Code, c: Code) => Code): void {
  const load = (address: number) => v128.load(i32.const(address));
  compile([], [], v128.store(i32.const(48), expression(load(0), load(16), load(32))))();
}

test("constants of every length come back as they went in", () => {
  const edges = [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8192, -8193, 2 ** 31 - 1, -(2 ** 31), 624485];
  for (const value of edges) assert.equal(compile([], ["i32"], i32.const(value))(), value);
  fc.assert(fc.property(fc.integer(), (value) => compile([], ["i32"], i32.const(value))() === value));
  for (const value of [0, -0, 0.1, -1e-320, Number.MAX_VALUE, Number.NEGATIVE_INFINITY, Number.NaN]) {
    assert.equal(compile([], ["f64"], f64.const(value))(), value);
    assert.equal(compile([], ["f32"], f32.const(value))(), Math.fround(value));
  }
  assert.equal(compile([], ["i32"], i32.const(2 ** 32 - 1))(), -1);
});

test("functions larger than 127 bytes, locals beyond 127 and offsets beyond 2^14 are encoded right", () => {
  const locals = new Array<ValueType>(300).fill("i32");
  const sum = Array.from({ length: 300 }, (_, k) => [local.set(k + 1, i32.const(k)), local.get(k + 1)]).reduce<Code>(
    (total, [set, get]) => [set as Code, i32.add(total, get as Code)],
    local.get(0),
  );
  const name = "a-name-that-is-longer-than-nothing";
  const made = assemble({
    functions: [
      { name, params: ["i32"], results: ["i32"], locals, body: sum },
      { name: "twice", params: ["i32"], results: ["i32"], locals: [], body: call(0, call(0, local.get(0))) },
    ],
  });
  const exported = instantiate<Record<string, Numeric>>(made, page);
  assert.equal(exported[name]?.(1), 1 + (300 * 299) / 2);
  assert.equal(exported.twice?.(1), 1 + 300 * 299);
  compile([], [], i32.store(i32.const(4), i32.const(77), 40_000))();
  assert.equal(integers[10_001], 77);
  assert.equal(compile([], ["i32"], i32.load(i32.const(40_000), 4))(), 77);
});

test("integer operators agree with JavaScript", () => {
  const flag = (value: boolean) => (value ? 1 : 0);
  const operators: readonly [(...operands: Code[]) => Code, (a: number, b: number) => number][] = [
    [i32.add, (a, b) => (a + b) | 0],
    [i32.sub, (a, b) => (a - b) | 0],
    [i32.mul, Math.imul],
    [i32.and, (a, b) => a & b],
    [i32.or, (a, b) => a | b],
    [i32.xor, (a, b) => a ^ b],
    [i32.shl, (a, b) => a << b],
    [i32.shr_s, (a, b) => a >> b],
    [i32.shr_u, (a, b) => (a >>> b) | 0],
    [i32.eq, (a, b) => flag(a === b)],
    [i32.ne, (a, b) => flag(a !== b)],
    [i32.lt_s, (a, b) => flag(a < b)],
    [i32.gt_s, (a, b) => flag(a > b)],
    [i32.le_s, (a, b) => flag(a <= b)],
    [i32.ge_s, (a, b) => flag(a >= b)],
    [i32.lt_u, (a, b) => flag(a >>> 0 < b >>> 0)],
    [i32.gt_u, (a, b) => flag(a >>> 0 > b >>> 0)],
    [i32.le_u, (a, b) => flag(a >>> 0 <= b >>> 0)],
    [i32.ge_u, (a, b) => flag(a >>> 0 >= b >>> 0)],
    [i32.div_u, (a, b) => (b === 0 ? 0 : ((a >>> 0) / (b >>> 0)) | 0)],
    [i32.rem_u, (a, b) => (b === 0 ? 0 : ((a >>> 0) % (b >>> 0)) | 0)],
    [i32.div_s, (a, b) => (b === 0 ? 0 : (a / b) | 0)],
    [i32.rem_s, (a, b) => (b === 0 ? 0 : (a % b) | 0)],
  ];
  for (const [k, [operator, expected]] of operators.entries()) {
    const run = scalar("i32", "i32", operator);
    fc.assert(
      fc.property(fc.integer(), fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer()), (a, b) => {
        fc.pre(k < 19 || (b !== 0 && b !== -1));
        assert.equal(run(a, b), expected(a, b), `operator ${k} of ${a}, ${b}`);
      }),
    );
  }
  assert.equal(scalar("i32", "i32", i32.eqz, 1)(0), 1);
  assert.deepEqual(
    [i32.clz, i32.ctz, i32.popcnt].map((operator) => scalar("i32", "i32", operator, 1)(40)),
    [26, 3, 2],
  );
});

test("float operators agree with JavaScript", () => {
  const flag = (value: boolean) => (value ? 1 : 0);
  const nearest = (x: number) => {
    const low = Math.floor(x);
    const up = x - low > 0.5 || (x - low === 0.5 && low % 2 !== 0);
    return Number.isInteger(x) || !Number.isFinite(x) ? x : up ? low + 1 : low;
  };
  for (const [type, of, round, some] of [
    ["f32", f32, Math.fround, fc.float({ noNaN: true })],
    ["f64", f64, (x: number) => x, fc.double({ noNaN: true })],
  ] as const) {
    const binary: readonly [(...operands: Code[]) => Code, (a: number, b: number) => number][] = [
      [of.add, (a, b) => a + b],
      [of.sub, (a, b) => a - b],
      [of.mul, (a, b) => a * b],
      [of.div, (a, b) => a / b],
      [of.min, Math.min],
      [of.max, Math.max],
      [of.copysign, (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a))],
    ];
    for (const [operator, expected] of binary) {
      const run = scalar(type, type, operator);
      fc.assert(fc.property(some, some, (a, b) => assert.equal(run(a, b), round(expected(a, b)))));
    }
    const unary: readonly [(...operands: Code[]) => Code, (a: number) => number][] = [
      [of.abs, Math.abs],
      [of.neg, (a) => -a],
      [of.ceil, Math.ceil],
      [of.floor, Math.floor],
      [of.trunc, Math.trunc],
      [of.sqrt, Math.sqrt],
    ];
    for (const [operator, expected] of unary) {
      const run = scalar(type, type, operator, 1);
      fc.assert(fc.property(some, (a) => assert.equal(run(a), round(expected(a)))));
    }
    for (const x of [0.5, 1.5, 2.5, -0.4, 7, -3.7])
      assert.equal(scalar(type, type, of.nearest, 1)(x) + 0, nearest(x) + 0);
    const comparisons: readonly [(...operands: Code[]) => Code, (a: number, b: number) => boolean][] = [
      [of.eq, (a, b) => a === b],
      [of.ne, (a, b) => a !== b],
      [of.lt, (a, b) => a < b],
      [of.gt, (a, b) => a > b],
      [of.le, (a, b) => a <= b],
      [of.ge, (a, b) => a >= b],
    ];
    for (const [operator, expected] of comparisons) {
      const run = scalar(type, "i32", operator);
      for (const a of [-1, 0, -0, 2.5, Number.NaN, Number.POSITIVE_INFINITY])
        for (const b of [-1, 0, 2.5, Number.NaN]) assert.equal(run(a, b), flag(expected(a, b)));
    }
  }
  assert.equal(scalar("f64", "f32", f32.demote_f64, 1)(0.1), Math.fround(0.1));
  assert.equal(scalar("f32", "f64", f64.promote_f32, 1)(0.1), Math.fround(0.1));
  assert.equal(scalar("f32", "i32", i32.reinterpret_f32, 1)(1), 0x3f800000);
  assert.equal(scalar("i32", "f32", f32.reinterpret_i32, 1)(0x40490fdb), Math.fround(Math.PI));
  assert.deepEqual(
    [f64.convert_i32_s, f64.convert_i32_u].map((operator) => scalar("i32", "f64", operator, 1)(-1)),
    [-1, 2 ** 32 - 1],
  );
  assert.deepEqual(
    [f32.convert_i32_s, f32.convert_i32_u].map((operator) => scalar("i32", "f32", operator, 1)(-1)),
    [-1, 2 ** 32],
  );
  assert.deepEqual(
    [1e30, -2.9, Number.NaN].map((x) => scalar("f32", "i32", i32.trunc_sat_f32_s, 1)(x)),
    [2 ** 31 - 1, -2, 0],
  );
});

test("loads and stores reach memory at their width", () => {
  bytes.fill(0, 0, 64);
  compile(
    [],
    [],
    [
      i32.store8(i32.const(1), i32.const(0x1ff)),
      i32.store(i32.const(4), i32.const(-2)),
      f32.store(i32.const(8), f32.const(0.5)),
      f64.store(i32.const(16), f64.const(0.1)),
    ],
  )();
  assert.deepEqual([bytes[1], bytes[2], integers[1], floats[2], doubles[2]], [255, 0, -2, 0.5, 0.1]);
  assert.equal(compile([], ["i32"], i32.load8_u(i32.const(1)))(), 255);
  assert.equal(compile([], ["f32"], f32.load(i32.const(0), 8))(), 0.5);
  assert.equal(compile([], ["f64"], f64.load(i32.const(16)))(), 0.1);
});

test("control: loops count, branches leave at the right depth, if has both sides", () => {
  const sum = (from: number, to: Code, step: number) => [
    forLoop(2, i32.const(from), to, step, local.set(1, i32.add(local.get(1), local.get(2)))),
    local.get(1),
  ];
  assert.equal(compile(["i32"], ["i32"], sum(0, local.get(0), 1))(5), 10);
  assert.equal(compile(["i32"], ["i32"], sum(-4, local.get(0), 2))(5), -4 - 2 + 0 + 2 + 4);
  assert.equal(compile(["i32"], ["i32"], sum(3, local.get(0), 1))(3), 0);
  const early = forLoop(2, i32.const(0), i32.const(100), 1, [
    br_if(1, i32.gt_s(local.get(2), local.get(0))),
    local.set(1, i32.add(local.get(1), i32.const(1))),
  ]);
  assert.equal(compile(["i32"], ["i32"], [early, local.get(1)])(6), 7);
  const absolute = if_else(
    i32.lt_s(local.get(0), i32.const(0)),
    i32.sub(i32.const(0), local.get(0)),
    local.get(0),
    "i32",
  );
  assert.deepEqual(
    [-3, 4].map((value) => compile(["i32"], ["i32"], absolute)(value)),
    [3, 4],
  );
  const clamp = [if_else(i32.gt_s(local.get(0), i32.const(9)), local.set(0, i32.const(9))), local.get(0)];
  assert.deepEqual(
    [8, 10].map((value) => compile(["i32"], ["i32"], clamp)(value)),
    [8, 9],
  );
  const halvings = [
    block(
      loop(
        br_if(1, i32.le_s(local.get(0), i32.const(1))),
        local.set(0, i32.shr_s(local.tee(0, local.get(0)), i32.const(1))),
        local.set(1, i32.add(local.get(1), i32.const(1))),
        br(0),
      ),
    ),
    drop(i32.const(1)),
    select(local.get(1), i32.const(-1), i32.const(1)),
  ];
  assert.equal(compile(["i32"], ["i32"], halvings)(1000), 9);
});

const quartet = fc.tuple(...new Array(4).fill(fc.float({ noNaN: true }))) as fc.Arbitrary<number[]>;
const pair = fc.tuple(...new Array(2).fill(fc.double({ noNaN: true }))) as fc.Arbitrary<number[]>;

test("vectors of float32 and float64 do in each lane what JavaScript does", () => {
  const pick = (better: (a: number, b: number) => boolean) => (a: number, b: number) => (better(a, b) ? b : a);
  for (const [of, view, round, some] of [
    [f32x4, floats, Math.fround, quartet],
    [f64x2, doubles, (x: number) => x, pair],
  ] as const) {
    const count = of === f32x4 ? 4 : 2;
    const binary: readonly [(...operands: Code[]) => Code, (a: number, b: number) => number][] = [
      [of.add, (a, b) => a + b],
      [of.sub, (a, b) => a - b],
      [of.mul, (a, b) => a * b],
      [of.div, (a, b) => a / b],
      [of.min, Math.min],
      [of.max, Math.max],
      [of.pmin, pick((a, b) => b < a)],
      [of.pmax, pick((a, b) => a < b)],
      [(a = []) => of.sqrt(a), (a) => Math.sqrt(a)],
      [(a = []) => of.abs(a), (a) => Math.abs(a)],
      [(a = []) => of.neg(a), (a) => -a],
      [(a = []) => of.floor(a), (a) => Math.floor(a)],
      [(a = []) => of.ceil(a), (a) => Math.ceil(a)],
      [(a = []) => of.trunc(a), (a) => Math.trunc(a)],
      [(a = [], b = []) => v128.and(of.lt(a, b), of.const(1)), (a, b) => (a < b ? 1 : 0)],
      [(a = [], b = []) => v128.and(of.le(a, b), of.const(1)), (a, b) => (a <= b ? 1 : 0)],
      [(a = [], b = []) => v128.and(of.gt(a, b), of.const(1)), (a, b) => (a > b ? 1 : 0)],
      [(a = [], b = []) => v128.and(of.ge(a, b), of.const(1)), (a, b) => (a >= b ? 1 : 0)],
      [(a = [], b = []) => v128.and(of.eq(a, b), of.const(1)), (a, b) => (a === b ? 1 : 0)],
      [(a = [], b = []) => v128.and(of.ne(a, b), of.const(1)), (a, b) => (a !== b ? 1 : 0)],
    ];
    for (const [operator, expected] of binary) {
      const load = (address: number) => v128.load(i32.const(address));
      const run = compile([], [], v128.store(i32.const(48), operator(load(0), load(16))));
      fc.assert(
        fc.property(some, some, (a, b) => {
          view.set(a, 0);
          view.set(b, count);
          run();
          const result = view.slice(3 * count, 4 * count);
          assert.deepEqual(
            [...result],
            a.map((x, k) => round(expected(x, b[k] as number))),
          );
        }),
        { numRuns: 50 },
      );
    }
    view.set([1.5, 2.5, -0.5, 3].slice(0, count), 0);
    vector((a) => of.nearest(a));
    assert.deepEqual([...view.slice(3 * count, 4 * count)], [2, 2, -0, 3].slice(0, count));
    vector(() => of.splat(of === f32x4 ? f32.const(7) : f64.const(7)));
    assert.deepEqual([...view.slice(3 * count, 4 * count)], [7, 7, 7, 7].slice(0, count));
    vector((a) => of.replace_lane(1, a, of === f32x4 ? f32.const(9) : f64.const(9)));
    assert.equal(view[3 * count + 1], 9);
    const lane = of.extract_lane(1, v128.load(i32.const(0)));
    assert.equal(compile([], [of === f32x4 ? "f32" : "f64"], lane)(), 2.5);
  }
});

test("vectors of integers, bits, shuffles and conversions", () => {
  const result = () => [...integers.slice(12, 16)];
  integers.set([1, -2, 3, 2 ** 31 - 1, 5, 5, 5, 5, -1, 0, -1, 0]);
  vector((a, b) => i32x4.add(a, b));
  assert.deepEqual(result(), [6, 3, 8, -(2 ** 31) + 4]);
  vector((a, b) => i32x4.sub(a, b));
  assert.deepEqual(result(), [-4, -7, -2, 2 ** 31 - 6]);
  vector((a, b) => i32x4.mul(a, b));
  assert.deepEqual(result().slice(0, 3), [5, -10, 15]);
  vector((a) => i32x4.shl(a, i32.const(4)));
  assert.deepEqual(result().slice(0, 3), [16, -32, 48]);
  vector((a) => i32x4.shr_s(a, i32.const(1)));
  assert.deepEqual(result(), [0, -1, 1, 2 ** 30 - 1]);
  vector((a) => i32x4.shr_u(a, i32.const(31)));
  assert.deepEqual(result(), [0, 1, 0, 0]);
  vector((a, b) => i32x4.lt_s(a, b));
  assert.deepEqual(result(), [-1, -1, -1, 0]);
  vector((a, b) => i32x4.lt_u(a, b));
  assert.deepEqual(result(), [-1, 0, -1, 0]);
  vector((a, b) => i32x4.max_s(i32x4.min_u(a, b), i32x4.splat(i32.const(2))));
  assert.deepEqual(result(), [2, 5, 3, 5]);
  vector((a, b, c) => v128.bitselect(a, b, c));
  assert.deepEqual(result(), [1, 5, 3, 5]);
  vector((a, _, c) => v128.andnot(a, c));
  assert.deepEqual(result(), [0, -2, 0, 2 ** 31 - 1]);
  vector((a, _, c) => v128.xor(v128.or(a, c), v128.not(i32x4.const(0))));
  assert.deepEqual(result(), [0, 1, 0, -(2 ** 31)]);
  vector((a) => i32x4.replace_lane(2, a, i32.const(-300)));
  assert.equal(integers[14], -300);
  const [a, c] = [v128.load(i32.const(0)), v128.load(i32.const(32))];
  assert.equal(compile([], ["i32"], i32x4.extract_lane(1, a))(), -2);
  assert.equal(compile([], ["i32"], i32x4.bitmask(c))(), 0b0101);
  assert.equal(compile([], ["i32"], v128.any_true(c))(), 1);
  assert.equal(compile([], ["i32"], i32x4.all_true(c))(), 0);
  vector((x) => shuffle([4, 5, 6, 7, 0, 1, 2, 3, 16, 17, 18, 19, 28, 29, 30, 31], x, i32x4.const(8, 9, 10, 11)));
  assert.deepEqual(result(), [-2, 1, 8, 11]);
  vector((x) => swizzle(x, i32x4.const(0x0b0a0908, 0x03020100, 0x10101010, 0x07060504)));
  assert.deepEqual(result(), [3, 1, 0, -2]);
  vector(() => f32x4.convert_i32x4_s(i32x4.const(1, -2, 3, 4)));
  assert.deepEqual([...floats.slice(12, 16)], [1, -2, 3, 4]);
  vector(() => i32x4.trunc_sat_f32x4_s(f32x4.const(1.9, -1.9, Number.NaN, 1e30)));
  assert.deepEqual(result(), [1, -1, 0, 2 ** 31 - 1]);
  vector(() => f32x4.demote_f64x2_zero(f64x2.const(0.1, 2)));
  assert.deepEqual([...floats.slice(12, 16)], [Math.fround(0.1), 2, 0, 0]);
  vector(() => f64x2.promote_low_f32x4(f32x4.const(0.1, 2, 3, 4)));
  assert.deepEqual([...doubles.slice(6, 8)], [Math.fround(0.1), 2]);
  vector(() => f64x2.convert_low_i32x4_s(i32x4.const(-7, 8, 9, 10)));
  assert.deepEqual([...doubles.slice(6, 8)], [-7, 8]);
});

test("vectors are loaded whole, repeated or from one number, and stored by lane", () => {
  integers.set([1, 2, 3, 4, 5]);
  const result = () => [...integers.slice(12, 16)];
  vector(() => v128.load(i32.const(0), 4));
  assert.deepEqual(result(), [2, 3, 4, 5]);
  vector(() => v128.load32_splat(i32.const(0), 8));
  assert.deepEqual(result(), [3, 3, 3, 3]);
  vector(() => v128.load64_splat(i32.const(4)));
  assert.deepEqual(result(), [2, 3, 2, 3]);
  vector(() => v128.load32_zero(i32.const(4)));
  assert.deepEqual(result(), [2, 0, 0, 0]);
  vector(() => v128.load64_zero(i32.const(4)));
  assert.deepEqual(result(), [2, 3, 0, 0]);
  const value = i32x4.const(10, 20, 30, 40);
  compile([], [], [v128.store32_lane(3, i32.const(48), value), v128.store64_lane(1, i32.const(48), value, 4)])();
  assert.deepEqual(result(), [40, 30, 40, 0]);
});

test("a vector constant takes one value or as many as it has lanes", () => {
  vector(() => f32x4.const(1, 2, 3, 4));
  assert.deepEqual([...floats.slice(12, 16)], [1, 2, 3, 4]);
  vector(() => f64x2.const(-0.5));
  assert.deepEqual([...doubles.slice(6, 8)], [-0.5, -0.5]);
  assert.throws(() => f32x4.const(1, 2), RangeError);
});

test("a memory never grows, and a module takes no smaller one than it was made for", () => {
  assert.throws(() => createMemory(2).grow(1), RangeError);
  const module = assemble({ functions: [], pages: 3 });
  assert.throws(() => instantiate(module, createMemory(2)), /memory/);
  instantiate(module, createMemory(3));
});

test("the host of these tests has SIMD, and a module that is none is refused", () => {
  assert.equal(hasSimd(), true);
  assert.throws(() => compile([], ["i32"], f32.const(1)), { name: "CompileError" });
});
