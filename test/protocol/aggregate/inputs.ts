/** Inputs for the tests of rules, by hand and drawn by fast-check, and what several rules promise. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { ruleNamed, ruleParameters } from "../../../protocol/aggregate/registry.ts";
import { ruleInput } from "../../../protocol/aggregate/rows/input.ts";
import type { RuleInput, RuleOutput } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { UNIT_WEIGHT } from "../../../protocol/base/weight.ts";

/** Runs a rule of the registry with its defaults but for `given`. */
export function aggregate(name: string, input: RuleInput, given: Record<string, number> = {}): RuleOutput {
  const rule = ruleNamed(name);
  return rule.aggregate(input, ruleParameters(rule, given).parameters);
}

/** Some rules with pre-aggregators before them, every one of these among them. */
export const COMPOSITIONS: readonly string[] = [
  "arc+krum",
  "arc+nnm+median",
  "nnm+geometric-median",
  "balance+mean",
  "bucketing+krum",
  "arc+bucketing+nnm+trimmed-mean",
];

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

/**
 * Own model and m candidates of d normal numbers, drawn with a seed. They are multiples of 2^-16, so that float32 holds them
 * after a shift by a small integer too, and still so fine that no tie of distances decides.
 */
export function crowd(seed: number, m: number, d: number): RuleInput {
  const rng = createRng(`crowd ${seed}`);
  const draw = () => Float32Array.from({ length: d }, () => Math.round(rng.normal() * 65536) / 65536);
  return {
    own: draw(),
    candidates: Array.from({ length: m }, () => ({ params: draw(), weightQ16: 40_000 + rng.below(25_537) })),
  };
}

/** Crowds of 1 to 12 candidates and 2 to 6 parameters. */
export const anyCrowd: fc.Arbitrary<RuleInput> = fc
  .tuple(fc.nat(), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 2, max: 6 }))
  .map(([seed, m, d]) => crowd(seed, m, d));

/** A crowd in which some candidates, at most `most(m)` of m, are liars anywhere up to 1e6; `liars` holds their places. */
export function attackedCrowd(
  most: (m: number) => number,
  least: number,
): fc.Arbitrary<{ input: RuleInput; liars: ReadonlySet<number> }> {
  return fc
    .tuple(fc.nat(), fc.integer({ min: least, max: 16 }), fc.integer({ min: 1, max: 4 }))
    .chain(([seed, m, d]) =>
      fc.tuple(
        fc.constant(crowd(seed, m, d)),
        fc.shuffledSubarray([...Array(m).keys()], { maxLength: most(m) }),
        fc.constantFrom(0.5, 3, 30, 1e6),
        fc.boolean(),
      ),
    )
    .map(([{ own, candidates }, places, scale, alike]) => {
      const liars = new Set(places);
      const lie = (j: number) => own.map((_, i) => scale * ((alike ? 1 : j + 1) + (i % 2)));
      const attacked = candidates.map((candidate, j) => (liars.has(j) ? { ...candidate, params: lie(j) } : candidate));
      return { input: { own, candidates: attacked }, liars };
    });
}

/** The honest vectors of an attacked crowd, the own model first. */
export function honestOf({ own, candidates }: RuleInput, liars: ReadonlySet<number>): Float32Array[] {
  return [own, ...candidates.flatMap(({ params }, j) => (liars.has(j) ? [] : [params]))];
}

export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  label: string = "",
): void {
  assert.equal(actual.length, expected.length, label);
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs((actual[i] as number) - (expected[i] as number));
    assert.ok(error <= tolerance, `${label} coordinate ${i}: ${actual[i]} is not ${expected[i]}`);
  }
}

/** Every result lies in the range of the honest values of its coordinate. */
export function assertWithin(params: Float32Array, honest: readonly Float32Array[], slack: number): void {
  for (const [i, value] of params.entries()) {
    const column = honest.map((vector) => vector[i] as number);
    const [low, high] = [Math.min(...column), Math.max(...column)];
    assert.ok(value >= low - slack && value <= high + slack, `${value} outside ${low} .. ${high}`);
  }
}

/** A rule whose sums run in the order of the candidates may differ in the last bits. */
export function assertOrderIsFree(name: string): void {
  const shuffled = anyCrowd.chain((input) =>
    fc.tuple(
      fc.constant(input),
      fc.shuffledSubarray([...input.candidates.keys()], { minLength: input.candidates.length }),
    ),
  );
  const rule = ruleNamed(name);
  const quorum = rule.quorum(ruleParameters(rule, {}).parameters); // with fewer all may be alike to the rule
  fc.assert(
    fc.property(shuffled, ([input, order]) => {
      fc.pre(order.length >= quorum);
      const there = aggregate(name, input);
      const candidates = order.map((j) => input.candidates[j] as RuleInput["candidates"][number]);
      const here = aggregate(name, { ...input, candidates });
      assertNear(here.params, there.params, 1e-5);
      assert.deepEqual(
        here.statuses,
        order.map((j) => there.statuses[j]),
      );
    }),
  );
}

/** A shift of all inputs is the same shift of the result. */
export function assertMovesAlong(name: string): void {
  fc.assert(
    fc.property(anyCrowd, fc.integer({ min: -16, max: 16 }), (input, shift) => {
      const move = (params: Float32Array) => params.map((value, i) => value + shift * (1 + i));
      const moved = {
        own: move(input.own),
        candidates: input.candidates.map((candidate) => ({ ...candidate, params: move(candidate.params) })),
      };
      assertNear(aggregate(name, moved).params, move(aggregate(name, input).params), 1e-3);
    }),
  );
}

/** Staleness weights change nothing. */
export function assertWeightsAreIgnored(name: string): void {
  fc.assert(
    fc.property(anyCrowd, ({ own, candidates }) => {
      const fresh = candidates.map((candidate) => ({ ...candidate, weightQ16: UNIT_WEIGHT }));
      assert.deepEqual(aggregate(name, { own, candidates }), aggregate(name, { own, candidates: fresh }));
    }),
  );
}
