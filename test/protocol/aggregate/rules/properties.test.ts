/** What changes a rule's result and what does not: order, place and scale of its inputs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RULES } from "../../../../protocol/aggregate/registry.ts";
import { aggregate, anyCrowd, assertMovesAlong, assertOrderIsFree, COMPOSITIONS } from "../inputs.ts";

const NAMES = [...RULES.keys(), ...COMPOSITIONS];

/** The lot of bucketing is drawn by place, and seeded by the own parameters: another lot, another result. */
const byLot = (name: string) => name.includes("bucketing");

for (const name of NAMES) {
  if (!byLot(name)) test(`${name}: the order of the candidates does not matter`, () => assertOrderIsFree(name));

  // BALANCE measures by the length of the own model, which is none of the differences.
  if (!byLot(name) && !name.includes("balance"))
    test(`${name}: a shift of all is a shift of the result`, () => assertMovesAlong(name));

  // The geometric median is smoothed below a length that is given.
  if (!byLot(name) && !name.includes("geometric"))
    test(`${name}: twice, or a quarter of, all inputs is as much of the result, to the bit`, () => {
      fc.assert(
        fc.property(anyCrowd, fc.constantFrom(2, 0.25, 2 ** 20), (input, factor) => {
          const scale = (params: Float32Array) => params.map((value) => value * factor);
          const scaled = {
            own: scale(input.own),
            base: scale(input.candidates[0]?.params ?? input.own),
            candidates: input.candidates.map((one) => ({ ...one, params: scale(one.params) })),
          };
          const { params, statuses } = aggregate(name, { ...input, base: input.candidates[0]?.params ?? input.own });
          assert.deepEqual(aggregate(name, scaled).params, scale(params));
          assert.deepEqual(aggregate(name, scaled).statuses, statuses);
        }),
      );
    });
}
