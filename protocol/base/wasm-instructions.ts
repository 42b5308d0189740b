/**
 * Instructions of WebAssembly 2.0 with 128-bit SIMD (W3C 2022), under the names of its text format,
 * https://webassembly.github.io/spec/core/appendix/index-instructions.html.
 *
 * They are written as expressions, operands first: `f32.add(local.get(0), f32.const(1))`. One that is given no
 * operands takes them from the stack.
 *
 * Relaxed SIMD is left out on purpose: everything here gives the same bits on every machine, but for the sign and
 * payload of a NaN.
 */
import { type Code, signed, TYPES, unsigned, type ValueType } from "./wasm-code.ts";

type Operator = (...operands: Code[]) => Code;
type Operators<Table> = { readonly [Name in keyof Table]: Operator };
/** Address in bytes, plus a fixed offset. */
type Load = (address?: Code, offset?: number) => Code;
type Store = (address?: Code, value?: Code, offset?: number) => Code;
type Constant = (value: number) => Code;
/** Instructions that name a lane. */
interface Lanes {
  readonly extract_lane: (lane: number, vector?: Code) => Code;
  readonly replace_lane: (lane: number, vector?: Code, value?: Code) => Code;
  /** A constant vector; one value stands for all lanes. */
  readonly const: (...values: number[]) => Code;
}

const NO_RESULT = 0x40;
const SIMD = 0xfd;

// ---- control ----

interface Locals {
  readonly get: (index: number) => Code;
  readonly set: (index: number, value?: Code) => Code;
  /** Sets it and leaves the value on the stack. */
  readonly tee: (index: number, value?: Code) => Code;
}
export const local: Locals = {
  get: (index) => [0x20, unsigned(index)],
  set: (index, value = []) => [value, 0x21, unsigned(index)],
  tee: (index, value = []) => [value, 0x22, unsigned(index)],
};

/** `br(0)` inside leaves it. */
export function block(...body: Code[]): Code {
  return [0x02, NO_RESULT, body, 0x0b];
}

/** `br(0)` inside starts it again; it ends where nothing does. */
export function loop(...body: Code[]): Code {
  return [0x03, NO_RESULT, body, 0x0b];
}

/** To the `depth`-th enclosing block, loop or if, counted from the innermost, 0. */
export function br(depth: number): Code {
  return [0x0c, unsigned(depth)];
}

export function br_if(depth: number, condition: Code = []): Code {
  return [condition, 0x0d, unsigned(depth)];
}

/** One level of `br`, like a block. With `type`, an expression: each side leaves one value. */
export function if_else(condition: Code, then: Code, otherwise?: Code, type?: ValueType): Code {
  const rest = otherwise === undefined ? [] : [0x05, otherwise];
  return [condition, 0x04, type === undefined ? NO_RESULT : TYPES[type], then, rest, 0x0b];
}

/** The first where the condition is not 0, else the second; both are computed. */
export function select(first: Code, second: Code, condition: Code): Code {
  return [first, second, condition, 0x1b];
}

/** Calls the function at `index` among those given to `assemble`. */
export function call(index: number, ...operands: Code[]): Code {
  return [operands, 0x10, unsigned(index)];
}

export function drop(value: Code = []): Code {
  return [value, 0x1a];
}

/**
 * for (counter = from; counter < to; counter += step), signed; `to` is evaluated at each turn. Two levels of `br` for
 * the body: `br(0)` starts it again at the same counter, `br(1)` leaves the loop.
 */
export function forLoop(counter: number, from: Code, to: Code, step: number, ...body: Code[]): Code {
  const more = i32.lt_s(local.get(counter), to);
  const advance = local.set(counter, i32.add(local.get(counter), i32.const(step)));
  return [local.set(counter, from), block(br_if(0, i32.eqz(more)), loop(body, advance, br_if(0, more)))];
}

// ---- numbers ----

// biome-ignore format: a table
const I32 = {
  eqz: 0x45, eq: 0x46, ne: 0x47, lt_s: 0x48, lt_u: 0x49, gt_s: 0x4a, gt_u: 0x4b, le_s: 0x4c, le_u: 0x4d, ge_s: 0x4e,
  ge_u: 0x4f, clz: 0x67, ctz: 0x68, popcnt: 0x69, add: 0x6a, sub: 0x6b, mul: 0x6c, div_s: 0x6d, div_u: 0x6e, rem_s: 0x6f,
  rem_u: 0x70, and: 0x71, or: 0x72, xor: 0x73, shl: 0x74, shr_s: 0x75, shr_u: 0x76, reinterpret_f32: 0xbc,
} as const;

interface I32Access {
  readonly const: Constant;
  /** The nearest that there is; 0 for NaN. */
  readonly trunc_sat_f32_s: Operator;
  readonly trunc_sat_f64_s: Operator;
  readonly load: Load;
  readonly load8_u: Load;
  readonly store: Store;
  readonly store8: Store;
}
export const i32: Operators<typeof I32> & I32Access = {
  ...operators(I32),
  const: (value) => [0x41, signed(value)],
  trunc_sat_f32_s: (...operands) => [operands, 0xfc, 0x00],
  trunc_sat_f64_s: (...operands) => [operands, 0xfc, 0x02],
  load: load([0x28], 2),
  load8_u: load([0x2d], 0),
  store: store([0x36], 2),
  store8: store([0x3a], 0),
};

// biome-ignore format: a table
const F32 = {
  eq: 0x5b, ne: 0x5c, lt: 0x5d, gt: 0x5e, le: 0x5f, ge: 0x60, abs: 0x8b, neg: 0x8c, ceil: 0x8d, floor: 0x8e, trunc: 0x8f,
  nearest: 0x90, sqrt: 0x91, add: 0x92, sub: 0x93, mul: 0x94, div: 0x95, min: 0x96, max: 0x97, copysign: 0x98,
  convert_i32_s: 0xb2, convert_i32_u: 0xb3, demote_f64: 0xb6, reinterpret_i32: 0xbe,
} as const;

interface FloatAccess {
  readonly const: Constant;
  readonly load: Load;
  readonly store: Store;
}
export const f32: Operators<typeof F32> & FloatAccess = {
  ...operators(F32),
  const: (value) => [0x43, [...new Uint8Array(Float32Array.of(value).buffer)]],
  load: load([0x2a], 2),
  store: store([0x38], 2),
};

// biome-ignore format: a table
const F64 = {
  eq: 0x61, ne: 0x62, lt: 0x63, gt: 0x64, le: 0x65, ge: 0x66, abs: 0x99, neg: 0x9a, ceil: 0x9b, floor: 0x9c, trunc: 0x9d,
  nearest: 0x9e, sqrt: 0x9f, add: 0xa0, sub: 0xa1, mul: 0xa2, div: 0xa3, min: 0xa4, max: 0xa5, copysign: 0xa6,
  convert_i32_s: 0xb7, convert_i32_u: 0xb8, promote_f32: 0xbb,
} as const;

export const f64: Operators<typeof F64> & FloatAccess = {
  ...operators(F64),
  const: (value) => [0x44, [...new Uint8Array(Float64Array.of(value).buffer)]],
  load: load([0x2b], 3),
  store: store([0x39], 3),
};

// ---- vectors of 128 bits ----

const V128 = { not: 0x4d, and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51, bitselect: 0x52, any_true: 0x53 } as const;

interface VectorAccess {
  readonly load: Load;
  readonly store: Store;
  readonly load32_splat: Load;
  readonly load64_splat: Load;
  /** The first lane is loaded, the others are 0. */
  readonly load32_zero: Load;
  readonly load64_zero: Load;
  readonly store32_lane: (lane: number, address?: Code, value?: Code, offset?: number) => Code;
  readonly store64_lane: (lane: number, address?: Code, value?: Code, offset?: number) => Code;
}
export const v128: Operators<typeof V128> & VectorAccess = {
  ...operators(V128, SIMD),
  load: load([SIMD, 0x00], 4),
  store: store([SIMD, 0x0b], 4),
  load32_splat: load([SIMD, 0x09], 2),
  load64_splat: load([SIMD, 0x0a], 3),
  load32_zero: load([SIMD, 0x5c], 2),
  load64_zero: load([SIMD, 0x5d], 3),
  store32_lane: (lane, address, value, offset) => [store([SIMD, 0x5a], 2)(address, value, offset), lane],
  store64_lane: (lane, address, value, offset) => [store([SIMD, 0x5b], 3)(address, value, offset), lane],
};

const I16X8 = { extmul_low_i8x16_s: 0x9c, extmul_high_i8x16_s: 0x9d } as const;

export const i16x8: Operators<typeof I16X8> = operators(I16X8, SIMD);

// biome-ignore format: a table
const I32X4 = {
  splat: 0x11, eq: 0x37, ne: 0x38, lt_s: 0x39, lt_u: 0x3a, gt_s: 0x3b, gt_u: 0x3c, le_s: 0x3d, le_u: 0x3e, ge_s: 0x3f,
  ge_u: 0x40, abs: 0xa0, neg: 0xa1, all_true: 0xa3, bitmask: 0xa4, shl: 0xab, shr_s: 0xac, shr_u: 0xad, add: 0xae, sub: 0xb1,
  extadd_pairwise_i16x8_s: 0x7e, mul: 0xb5, min_s: 0xb6, min_u: 0xb7, max_s: 0xb8, max_u: 0xb9, trunc_sat_f32x4_s: 0xf8, trunc_sat_f64x2_s_zero: 0xfc,
} as const;

export const i32x4: Operators<typeof I32X4> & Lanes = {
  ...operators(I32X4, SIMD),
  ...lanes(0x1b, Int32Array, 4),
};

// biome-ignore format: a table
const F32X4 = {
  splat: 0x13, eq: 0x41, ne: 0x42, lt: 0x43, gt: 0x44, le: 0x45, ge: 0x46, demote_f64x2_zero: 0x5e, ceil: 0x67, floor: 0x68,
  trunc: 0x69, nearest: 0x6a, abs: 0xe0, neg: 0xe1, sqrt: 0xe3, add: 0xe4, sub: 0xe5, mul: 0xe6, div: 0xe7, min: 0xe8,
  max: 0xe9, pmin: 0xea, pmax: 0xeb, convert_i32x4_s: 0xfa,
} as const;

export const f32x4: Operators<typeof F32X4> & Lanes = {
  ...operators(F32X4, SIMD),
  ...lanes(0x1f, Float32Array, 4),
};

// biome-ignore format: a table
const F64X2 = {
  splat: 0x14, eq: 0x47, ne: 0x48, lt: 0x49, gt: 0x4a, le: 0x4b, ge: 0x4c, promote_low_f32x4: 0x5f, ceil: 0x74, floor: 0x75,
  trunc: 0x7a, nearest: 0x94, abs: 0xec, neg: 0xed, sqrt: 0xef, add: 0xf0, sub: 0xf1, mul: 0xf2, div: 0xf3, min: 0xf4,
  max: 0xf5, pmin: 0xf6, pmax: 0xf7, convert_low_i32x4_s: 0xfe,
} as const;

export const f64x2: Operators<typeof F64X2> & Lanes = {
  ...operators(F64X2, SIMD),
  ...lanes(0x21, Float64Array, 2),
};

/** Byte k of the result is byte picks[k] of `vector`, 0 where that is 16 or more. */
export function swizzle(vector: Code = [], picks: Code = []): Code {
  return [vector, picks, SIMD, 0x0e];
}

/** The 16 bytes picked out of the 32 of two vectors, by constant index. */
export function shuffle(picks: readonly number[], first: Code = [], second: Code = []): Code {
  return [first, second, SIMD, 0x0d, picks];
}

// ---- families of instructions ----

function operators<Table extends Readonly<Record<string, number>>>(table: Table, prefix?: number): Operators<Table> {
  const made = Object.entries(table).map(([name, opcode]): [string, Operator] => {
    const bytes = prefix === undefined ? opcode : [prefix, unsigned(opcode)];
    return [name, (...operands) => [operands, bytes]];
  });
  return Object.fromEntries(made) as Operators<Table>;
}

function load(opcode: Code, align: number): Load {
  return (address = [], offset = 0) => [address, opcode, align, unsigned(offset)];
}

function store(opcode: Code, align: number): Store {
  return (address = [], value = [], offset = 0) => [address, value, opcode, align, unsigned(offset)];
}

function lanes(
  extract: number,
  array: Int32ArrayConstructor | Float32ArrayConstructor | Float64ArrayConstructor,
  count: number,
): Lanes {
  return {
    extract_lane: (lane, vector = []) => [vector, SIMD, extract, lane],
    replace_lane: (lane, vector = [], value = []) => [vector, value, SIMD, extract + 1, lane],
    const: (...values) => {
      const all = values.length === 1 ? new Array<number>(count).fill(values[0] as number) : values;
      if (all.length !== count) throw new RangeError(`${values.length} values for ${count} lanes`);
      return [SIMD, 0x0c, [...new Uint8Array(array.from(all).buffer)]];
    },
  };
}
