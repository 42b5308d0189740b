/** Draws from a Dirichlet distribution: how a class is shared out, or how classes are mixed. */
import { exp, log, power } from "../../../base/exp-log.ts";
import type { Rng } from "../../../base/rng.ts";

/** A draw from Dirichlet(alpha, ..., alpha). In log space: at alpha = 0.01 most plain gamma variates underflow, and 0/0 is no share. */
export function dirichletProportions(n: number, alpha: number, rng: Rng): number[] {
  if (!(alpha > 0 && alpha < Infinity)) throw new RangeError(`alpha is ${alpha}, it must be above 0`);
  const logs = Array.from({ length: n }, () => logGammaVariate(alpha, rng));
  const largest = logs.reduce((a, b) => Math.max(a, b));
  const shares = logs.map((value) => exp(value - largest));
  const total = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / total);
}

/**
 * Logarithm of a Gamma(shape, 1) variate: Marsaglia & Tsang 2000, and for shape < 1 their G(a) = G(a + 1) U^(1/a),
 * here log G(a + 1) + log(U) / a, which does not underflow.
 */
function logGammaVariate(shape: number, rng: Rng): number {
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = power(1 + c * x, 3);
    if (v <= 0 || logUniform(rng) >= x * x * 0.5 + d * (1 - v + log(v))) continue;
    return log(d * v) + (shape < 1 ? logUniform(rng) / shape : 0);
  }
}

/** log(U), U uniform on the open interval (0, 1). */
function logUniform(rng: Rng): number {
  return log((rng.uint32() + 0.5) / 2 ** 32);
}
