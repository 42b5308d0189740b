/** Inputs for the tests of rules: by hand, and drawn by fast-check. */

import fc from "fast-check";
import { RULES, ruleParameters } from "../../../protocol/aggregate/registry.ts";
import type { Rule } from "../../../protocol/aggregate/rule.ts";
import type { RuleInput, RuleOutput } from "../../../protocol/seams.ts";
import { UNIT_WEIGHT } from "../../../protocol/weight.ts";

/** Own model and candidates from lists of numbers; weight 1 where none is given. */
export function ruleInput(own: number[], candidates: number[][], weightsQ16: number[] = []): RuleInput {
  return {
    own: Float32Array.from(own),
    candidates: candidates.map((params, j) => ({
      params: Float32Array.from(params),
      weightQ16: weightsQ16[j] ?? UNIT_WEIGHT,
    })),
  };
}

export function ruleNamed(name: string): Rule {
  const rule = RULES.get(name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
}

/** Runs a rule of the registry with its defaults but for `given`. */
export function aggregate(name: string, input: RuleInput, given: Record<string, number> = {}): RuleOutput {
  const rule = ruleNamed(name);
  return rule.aggregate(input, ruleParameters(rule, given).parameters);
}

export const weight: fc.Arbitrary<number> = fc.integer({ min: 1, max: UNIT_WEIGHT });

export function vector(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: length, maxLength: length });
}

/** Inputs of 1 to 6 small whole parameters with 0 to 9 candidates. */
export const anyInput: fc.Arbitrary<RuleInput> = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 9 }))
  .chain(([d, m]) =>
    fc.tuple(
      vector(d),
      fc.array(vector(d), { minLength: m, maxLength: m }),
      fc.array(weight, { minLength: m, maxLength: m }),
      fc.option(vector(d), { nil: undefined }),
    ),
  )
  .map(([own, candidates, weights, base]) => {
    const input = ruleInput(own, candidates, weights);
    return base === undefined ? input : { ...input, base: Float32Array.from(base) };
  });
