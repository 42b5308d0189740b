/** A cosine with one result on every machine, as `exp-log.ts` has exp and log: Math.cos is left open by ECMAScript. */

/** (-1)^k / (2k + 1)! for k = 0 .. 8: on |t| <= pi / 4 what is left out is below 2^-60. */
const SINE_TERMS: readonly number[] = Array.from({ length: 9 }, (_, k) => sineTerm(k));

/**
 * (1 + cos(pi x)) / 2 for x in 0 .. 1: 1 at 0, 1/2 at 1/2, 0 at 1, each exactly.
 * It is sin(pi y / 2)^2 with y = 1 - x; where y is above 1/2, 1 - sin(pi x / 2)^2.
 */
export function raisedCosine(x: number): number {
  return x >= 0.5 ? squaredSine(1 - x) : 1 - squaredSine(x);
}

/** sin(pi y / 2)^2 for y in 0 .. 1/2. */
function squaredSine(y: number): number {
  if (y === 0.5) return 0.5;
  const t = y * (Math.PI / 2);
  const square = t * t;
  let tail = SINE_TERMS.at(-1) as number;
  for (let k = SINE_TERMS.length - 2; k >= 0; k--) tail = tail * square + (SINE_TERMS[k] as number);
  return t * tail * (t * tail);
}

function sineTerm(k: number): number {
  let factorial = 1;
  for (let n = 2; n <= 2 * k + 1; n++) factorial *= n;
  return (k % 2 === 0 ? 1 : -1) / factorial;
}
