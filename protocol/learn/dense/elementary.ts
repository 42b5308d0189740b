/**
 * exp, tanh and log with one result on every machine: ECMAScript leaves Math.exp, Math.tanh and Math.log open, and a log
 * of training is audited by running it again. Only +, -, *, / and operations on bits are used, each rounded once, in the
 * order that is written here; `elementary-kernels.ts` does the same in WebAssembly.
 *
 * Method: Cody & Waite, Software Manual for the Elementary Functions, 1980: reduction of the argument in two parts, then
 * a polynomial (coefficients: interpolation at Chebyshev nodes, by us). Largest errors found over all float32: exp 1 ulp,
 * tanh 2 ulp; the tests hold both to 2 ulp, and log to 2 ulp of float64.
 */
import { log } from "../../base/exp-log.ts";

const fround = Math.fround;

export const LOG2_E: number = fround(Math.LOG2E);
/** ln 2 in two parts; the first has so few bits that n times it is exact for |n| <= 256. */
export const LN2_HIGH: number = 0.693359375;
export const LN2_LOW: number = fround(-2.1219444005469057e-4);
/** Added to |x| < 2^22 it leaves x rounded to an integer (half to even) in the lowest bits of a float32. */
export const ROUNDER: number = 1.5 * 2 ** 23;
/** Below, exp is 0, though float32 reaches to -103.9: denormals are slow and no weight in a softmax. */
export const EXP_LEAST: number = -87;
/** (e^r - 1 - r) / r^2 on |r| <= ln(2)/2, from the constant term up. */
export const EXP_TERMS: readonly number[] = [0.5, 0.16666577, 0.041666556, 0.008363178, 0.0013926182].map(fround);

/** Up to here tanh is a polynomial, beyond it comes from exp. */
export const TANH_SMALL: number = 0.625;
/** (tanh x - x) / x^3 in powers of x^2, from the constant term up. */
export const TANH_TERMS: readonly number[] = [
  -0.33333333171276686, 0.133333034258805, -0.053959228558021766, 0.021768666332002418, -0.00834311964942274,
  0.002291809426580023,
].map(fround);

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** e^x of a float32 x <= 0; 0 below -87. */
export function expOfNegative(x: number): number {
  if (x < EXP_LEAST) return 0;
  const shifted = fround(fround(x * LOG2_E) + ROUNDER);
  const n = fround(shifted - ROUNDER);
  const r = fround(fround(x - fround(n * LN2_HIGH)) - fround(n * LN2_LOW));
  const [c0, c1, c2, c3, c4] = EXP_TERMS as [number, number, number, number, number];
  let tail = fround(fround(c4 * r) + c3);
  tail = fround(fround(tail * r) + c2);
  tail = fround(fround(tail * r) + c1);
  tail = fround(fround(tail * r) + c0);
  const power = fround(fround(fround(fround(r * r) * tail) + r) + 1);
  float[0] = shifted;
  bits[0] = ((bits[0] as number) << 23) + 0x3f800000; // 2^n
  return fround(power * (float[0] as number));
}

/** tanh of a float32. */
export function tanh(x: number): number {
  const size = Math.abs(x);
  if (size < TANH_SMALL) {
    const square = fround(x * x);
    const last = TANH_TERMS.length - 1;
    let tail = TANH_TERMS[last] as number;
    for (let k = last - 1; k >= 0; k--) tail = fround(fround(tail * square) + (TANH_TERMS[k] as number));
    return fround(fround(fround(x * square) * tail) + x);
  }
  const e = expOfNegative(-2 * size);
  const y = fround(1 - fround(fround(2 * e) / fround(1 + e)));
  return x < 0 ? -y : y;
}

/** ln x as a float64, of a float32 x that is positive and normal; NaN for NaN and infinity. */
export function logOf(x: number): number {
  return log(x) + (x - x);
}
