/** What holds for every rule of the registry, with and without pre-aggregators. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RULES } from "../../../../protocol/aggregate/registry.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import type { RuleInput } from "../../../../protocol/base/learning-seams.ts";
import { aggregate, anyInput, COMPOSITIONS } from "../inputs.ts";

function arraysOf({ own, base, candidates }: RuleInput): Float32Array[] {
  return [own, ...(base === undefined ? [] : [base]), ...candidates.map(({ params }) => params)];
}

for (const name of [...RULES.keys(), ...COMPOSITIONS]) {
  test(`${name}: without candidates the result is a copy of the own model`, () => {
    const input = { ...ruleInput([1.5, -2, -0], []), base: Float32Array.of(9, 9, 9) };
    const { params, statuses } = aggregate(name, input);
    assert.deepEqual(params, Float32Array.of(1.5, -2, 0));
    assert.deepEqual(statuses, []);
  });

  test(`${name}: candidates equal to the own model leave it as it is`, () => {
    fc.assert(
      fc.property(anyInput, ({ own, candidates }) => {
        const same = candidates.map(({ weightQ16 }) => ({ params: own.slice(), weightQ16 }));
        assert.deepEqual(
          aggregate(name, { own, candidates: same }).params,
          own.map((value) => value + 0),
        );
      }),
    );
  });

  test(`${name}: inputs are neither changed nor aliased, and the same input gives the same bits`, () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const before = arraysOf(input).map((array) => array.slice());
        const output = aggregate(name, input);
        const { params, statuses } = output;
        assert.deepEqual(arraysOf(input), before);
        assert.ok(arraysOf(input).every((array) => array.buffer !== params.buffer));
        assert.equal(params.length, input.own.length);
        assert.equal(statuses.length, input.candidates.length);
        assert.deepEqual(aggregate(name, input), output);
      }),
    );
  });

  test(`${name}: the result is finite and never -0`, () => {
    const largest = 3.4028234663852886e38;
    const extreme = fc.constantFrom(-largest, -1, -(2 ** -149), -0, 0, 2 ** -149, 1, largest);
    const rows = fc.array(fc.tuple(extreme, extreme), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(rows, ([own, base, ...candidates]) => {
        const input = { ...ruleInput(own ?? [], candidates), base: Float32Array.from(base ?? []) };
        const { params } = aggregate(name, input);
        for (const value of params) assert.ok(Number.isFinite(value) && !Object.is(value, -0), `${params}`);
      }),
    );
  });

  test(`${name}: every result lies between the least and the greatest input, base included`, () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { params } = aggregate(name, input);
        for (const [i, value] of params.entries()) {
          const column = arraysOf(input).map((array) => array[i] as number);
          assert.ok(value >= Math.min(...column) - 1e-3 && value <= Math.max(...column) + 1e-3);
        }
      }),
    );
  });

  test(`${name}: a vector of another length and a weight that is none are faults of the caller`, () => {
    const good = ruleInput([1, 2], [[3, 4]]);
    const [candidate] = good.candidates as [RuleInput["candidates"][number]];
    const faulty: RuleInput[] = [
      { ...good, base: Float32Array.of(1) },
      { ...good, candidates: [{ ...candidate, params: Float32Array.of(1, 2, 3) }] },
      ...[0, -1, 65537, 1.5, Number.NaN, Infinity].map((weightQ16) => ({
        ...good,
        candidates: [{ ...candidate, weightQ16 }],
      })),
    ];
    for (const input of faulty) assert.throws(() => aggregate(name, input), RangeError);
  });
}
