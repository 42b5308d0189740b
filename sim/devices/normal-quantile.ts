/**
 * The inverse of the normal distribution function: the z below which a standard normal deviate lies with probability p.
 *
 * Rational approximations of Wichura (Algorithm AS 241, PPND16, Applied Statistics 37, 1988): about 1e-16 of the value. They use `log` of this
 * project and the square root, so that every machine gives the same bits.
 */
import { log } from "../../protocol/base/exp-log.ts";

/** Within this distance of p = 1/2 the middle approximation holds. */
const MIDDLE = 0.425;
/** Up to this r = sqrt(-ln min(p, 1 - p)) the near one does, beyond it the far one. */
const NEAR = 5;

/** Coefficients of numerator and denominator, from the constant on. */
type Ratio = readonly [numerator: readonly number[], denominator: readonly number[]];

const CENTRAL: Ratio = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
];

const NEAR_TAIL: Ratio = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
];

const FAR_TAIL: Ratio = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
];

/** @throws RangeError unless 0 < p < 1. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`p is ${p}; give one between 0 and 1`);
  const q = p - 0.5;
  if (Math.abs(q) <= MIDDLE) return q * ratioAt(CENTRAL, MIDDLE * MIDDLE - q * q);
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const z = r <= NEAR ? ratioAt(NEAR_TAIL, r - 1.6) : ratioAt(FAR_TAIL, r - NEAR);
  return q < 0 ? -z : z;
}

function ratioAt([numerator, denominator]: Ratio, x: number): number {
  return polynomialAt(numerator, x) / polynomialAt(denominator, x);
}

function polynomialAt(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}
