/**
 * The functions of `elementary.ts` as WebAssembly, four float32 at a time (the logarithm: one float64): the same
 * operations in the same order, hence the same bits.
 */
import { LOG_TERMS } from "../../base/exp-log.ts";
import type { Code } from "../../base/wasm-code.ts";
import { f32, f32x4, f64, i32, i32x4, local, select, v128 } from "../../base/wasm-instructions.ts";
import { EXP_LEAST, EXP_TERMS, LN2_HIGH, LN2_LOW, LOG2_E, ROUNDER, TANH_SMALL, TANH_TERMS } from "./elementary.ts";

/** Locals of type v128 that `expOfNegative` needs; `tanh` needs two more. */
export type Scratch = readonly number[];
export const EXP_SCRATCH = 3;
export const TANH_SCRATCH = 5;

/** e^x of x <= 0, lane by lane, on the stack. */
export function expOfNegative(x: Code, [value, shifted, r]: Scratch): Code {
  const [get, rest] = [local.get(value as number), local.get(r as number)];
  const n = f32x4.sub(local.get(shifted as number), f32x4.const(ROUNDER));
  const reduced = f32x4.sub(get, f32x4.mul(local.tee(r as number, n), f32x4.const(LN2_HIGH)));
  const power = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(rest, rest), horner(EXP_TERMS, rest)), rest), f32x4.const(1));
  const scale = i32x4.add(i32x4.shl(local.get(shifted as number), i32.const(23)), i32x4.const(0x3f800000));
  return [
    local.set(value as number, x),
    local.set(shifted as number, f32x4.add(f32x4.mul(get, f32x4.const(LOG2_E)), f32x4.const(ROUNDER))),
    local.set(r as number, f32x4.sub(reduced, f32x4.mul(rest, f32x4.const(LN2_LOW)))),
    v128.andnot(f32x4.mul(power, scale), f32x4.lt(get, f32x4.const(EXP_LEAST))),
  ];
}

/** tanh x, lane by lane, on the stack. */
export function tanh(x: Code, scratch: Scratch): Code {
  const [value, square] = scratch.slice(EXP_SCRATCH) as [number, number];
  const get = local.get(value);
  const size = f32x4.abs(get);
  const small = f32x4.add(f32x4.mul(f32x4.mul(get, local.get(square)), horner(TANH_TERMS, local.get(square))), get);
  const e = local.get(square); // the square is not needed any more
  const large = f32x4.sub(f32x4.const(1), f32x4.div(f32x4.mul(f32x4.const(2), e), f32x4.add(f32x4.const(1), e)));
  const sign = v128.and(get, i32x4.const(-0x80000000));
  return [
    local.set(value, x),
    local.set(square, f32x4.mul(get, get)),
    small,
    local.set(square, expOfNegative(f32x4.mul(f32x4.const(-2), size), scratch)),
    v128.bitselect([], v128.xor(large, sign), f32x4.lt(size, f32x4.const(TANH_SMALL))),
  ];
}

/** ln x of the float32 in local `x`, as a float64 on the stack; `exponent` (i32), `m` and `z` (f64) are scratch. */
export function logOf(x: number, [exponent, m, z]: readonly [exponent: number, m: number, z: number]): Code {
  const bits = i32.reinterpret_f32(local.get(x));
  const halve = f64.gt(local.get(m), f64.const(Math.SQRT2));
  const [get, square] = [local.get(z), f64.mul(local.get(z), local.get(z))];
  const [last = 0, ...before] = LOG_TERMS.toReversed();
  let tail: Code = f64.const(last);
  for (const term of before) tail = f64.add(f64.mul(tail, local.get(m)), f64.const(term));
  const twice = f64.mul(f64.const(2), get);
  const mantissa = i32.or(i32.and(bits, i32.const(0x7fffff)), i32.const(0x3f800000));
  return [
    local.set(exponent, i32.sub(i32.shr_s(bits, i32.const(23)), i32.const(127))),
    local.set(m, f64.promote_f32(f32.reinterpret_i32(mantissa))),
    local.set(exponent, i32.add(local.get(exponent), halve)),
    local.set(m, f64.mul(local.get(m), select(f64.const(0.5), f64.const(1), halve))),
    local.set(z, f64.div(f64.sub(local.get(m), f64.const(1)), f64.add(local.get(m), f64.const(1)))),
    local.set(m, square), // the mantissa is not needed any more
    f64.add(
      f64.add(
        f64.mul(f64.convert_i32_s(local.get(exponent)), f64.const(Math.LN2)),
        f64.add(twice, f64.mul(twice, f64.mul(local.get(m), tail))),
      ),
      f64.promote_f32(f32.sub(local.get(x), local.get(x))),
    ),
  ];
}

/** c0 + x (c1 + x (c2 + ...)). */
function horner(terms: readonly number[], x: Code): Code {
  const [last = 0, ...before] = terms.toReversed();
  let sum: Code = f32x4.const(last);
  for (const term of before) sum = f32x4.add(f32x4.mul(sum, x), f32x4.const(term));
  return sum;
}
