/**
 * e^x, ln x and powers of float64 with one result on every machine. ECMAScript leaves the functions of Math open: V8 compiles them from C++,
 * where processors with a fused multiply-add round once what others round twice, and the last bit differs. That they agree for some arguments
 * at this time, as log and pow do, is no promise. So of Math only what IEEE 754 settles is used (abs, floor, sqrt, fround ...), which a lint rule
 * holds; here are the others that a result depends on, made of +, -, *, / and operations on bits, each rounded once, in the order written.
 *
 * Method: reduction of the argument by powers of two (Cody & Waite, Software Manual for the Elementary Functions, 1980), then a series.
 * The tests hold exp and log to 2 units of the last place. For float32, as training needs them: `learn/dense/elementary.ts`.
 */

/** ln 2 in two parts; the first has 32 bits, so that n times it is exact for |n| < 2^21. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** Above, e^x is infinite; below, 0. */
const EXP_MOST = 709.782712893384;
const EXP_LEAST = -745.1332191019412;
/** 1/k! from k = 2 up: on |r| <= ln(2)/2 what is left out is below 2^-57. */
const EXP_TERMS: readonly number[] = inverseFactorials(2, 13);
/** 1/3, 1/5 ... of the series 2 artanh z = 2z (1 + z^2/3 + z^4/5 + ...), where |z| < 0.1716. */
export const LOG_TERMS: readonly number[] = [3, 5, 7, 9, 11, 13, 15, 17, 19, 21].map((odd) => 1 / odd);

const double = new Float64Array(1);
/** The halves of `double`, in the order of this machine. */
const halves = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** e^x; 0 below -745.13, infinity above 709.78. */
export function exp(x: number): number {
  if (!(x <= EXP_MOST)) return x + Number.POSITIVE_INFINITY; // NaN stays NaN
  if (x < EXP_LEAST) return 0;
  const n = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let tail = EXP_TERMS.at(-1) as number;
  for (let k = EXP_TERMS.length - 2; k >= 0; k--) tail = tail * r + (EXP_TERMS[k] as number);
  const value = 1 + (r + r * r * tail);
  const half = Math.floor(n / 2); // in two steps, since 2^n alone may be no normal number
  return value * powerOf2(half) * powerOf2(n - half);
}

/** ln x: -infinity for 0, NaN below it. */
export function log(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return x === 0 ? Number.NEGATIVE_INFINITY : x < 0 ? Number.NaN : x;
  let exponent = binaryExponent(x);
  let mantissa = mantissaOf(x);
  if (mantissa > Math.SQRT2) {
    mantissa *= 0.5;
    exponent++;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  let tail = LOG_TERMS.at(-1) as number;
  for (let k = LOG_TERMS.length - 2; k >= 0; k--) tail = tail * square + (LOG_TERMS[k] as number);
  return exponent * Math.LN2 + (2 * z + 2 * z * (square * tail));
}

/**
 * base^exponent. Whole exponents: by squaring, exact where every product is, as for powers of two. Others: e^(exponent ln base), good to
 * about |exponent ln base| units of the last place; NaN for a negative base. Below 2^-1022 the result may be 0.
 */
export function power(base: number, exponent: number): number {
  if (!Number.isSafeInteger(exponent)) return exp(exponent * log(base));
  let [result, square] = [1, base];
  for (let left = Math.abs(exponent); left >= 1; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return exponent < 0 ? 1 / result : result;
}

/** The greatest n with 2^n <= |x|, of a finite x that is not 0. */
export function binaryExponent(x: number): number {
  const exponent = (highOf(x) >>> 20) & 0x7ff;
  return exponent === 0 ? ((highOf(x * 2 ** 54) >>> 20) & 0x7ff) - 1077 : exponent - 1023;
}

/** x > 0 without its power of two, in [1, 2). */
function mantissaOf(x: number): number {
  const high = highOf(x);
  if (high >>> 20 === 0) return mantissaOf(x * 2 ** 54); // a denormal
  halves[HIGH] = (high & 0xfffff) | 0x3ff00000;
  return double[0] as number;
}

/** 2^n of a whole n in -1022 .. 1023. */
function powerOf2(n: number): number {
  double[0] = 0;
  halves[HIGH] = (n + 1023) << 20;
  return double[0];
}

/** The upper half of the bits of x, which stay in `double`. */
function highOf(x: number): number {
  double[0] = x;
  return halves[HIGH] as number;
}

function inverseFactorials(from: number, to: number): number[] {
  const terms: number[] = [];
  for (let k = 1, factorial = 1; k <= to; factorial *= ++k) if (k >= from) terms.push(1 / factorial);
  return terms;
}
