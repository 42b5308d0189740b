/** What every rule demands of its input. A breach is a fault of the calling code: models of peers are validated on arrival. */

import type { RuleInput } from "../../base/learning-seams.ts";
import { MAX_MASS, UNIT_WEIGHT } from "../../base/weight.ts";

/**
 * Checks lengths and weights. Whether the parameters are finite is not looked at again: validation has refused the others.
 * @throws RangeError for a vector whose length is not that of `own`, a weight that is no integer in 1 .. 65536, or a mass in 1 .. MAX_MASS.
 */
export function checkInput({ own, base, candidates, mass }: RuleInput): void {
  checkMass(mass, "the own model");
  if (base !== undefined && base.length !== own.length)
    throw new RangeError(`base has ${base.length} parameters, own has ${own.length}`);
  for (const [j, { params, weightQ16, mass }] of candidates.entries()) {
    if (params.length !== own.length)
      throw new RangeError(`candidate ${j} has ${params.length} parameters, own has ${own.length}`);
    if (!Number.isInteger(weightQ16) || weightQ16 < 1 || weightQ16 > UNIT_WEIGHT)
      throw new RangeError(`weight ${weightQ16} of candidate ${j} is not an integer in 1 .. ${UNIT_WEIGHT}`);
    checkMass(mass, `candidate ${j}`);
  }
}

function checkMass(mass: number | undefined, whose: string): void {
  if (mass !== undefined && !(Number.isInteger(mass) && mass >= 1 && mass <= MAX_MASS))
    throw new RangeError(`mass ${mass} of ${whose} is not an integer in 1 .. ${MAX_MASS}`);
}

/**
 * The input of a rule from lists of numbers: to try a rule out, and for its examples.
 * @param own the own model, d numbers.
 * @param candidates models of others, d numbers each, in the order of their peer ids.
 * @param weightsQ16 staleness weights of the candidates, whole numbers in 1 .. 65536; 65536, a fresh model, where left out.
 */
export function ruleInput(
  own: readonly number[],
  candidates: readonly (readonly number[])[],
  weightsQ16: readonly number[] = [],
): RuleInput {
  return {
    own: Float32Array.from(own),
    candidates: candidates.map((params, j) => ({
      params: Float32Array.from(params),
      weightQ16: weightsQ16[j] ?? UNIT_WEIGHT,
    })),
  };
}
