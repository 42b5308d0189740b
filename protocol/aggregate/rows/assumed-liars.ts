/**
 * How many of m candidates a rule takes to be liars, the same number for every rule that must assume one:
 *
 *     b = min(ceil(f m) + 1, max(1, floor((m - 1) / 2)), floor(m / 2))
 *
 * One more than the expected share, because the candidates are a sample and a draw can be bad; never so many that the own model
 * and the honest candidates would not outnumber them. The same b as in `guarded-median`, so that rules compare at equal f.
 */

import { type Crowd, rowsOf } from "./crowd.ts";
import type { Parameters } from "./rule.ts";

/** The parameter f, for the table of parameters of a rule. */
export const ASSUMED_SHARE: Parameters[string] = {
  default: 0.2,
  min: 0,
  max: 0.49,
  about: "assumed share of lying peers",
};

/** b. The subtraction keeps a product such as 0.07 * 100, which floats put above 7, from being rounded up to 8. */
export function assumedLiars(f: number, m: number): number {
  const wanted = Math.ceil(f * m - 1e-9) + 1;
  return Math.min(wanted, Math.max(1, Math.floor((m - 1) / 2)), Math.floor(m / 2));
}

/** b among the rows of a crowd, of which there may be fewer than candidates; less than half of them, the own one counted. */
export function liarsAmong(crowd: Crowd, f: number): number {
  return Math.min(assumedLiars(f, crowd.members.length), Math.floor((rowsOf(crowd) - 1) / 2));
}
