/** Explanations: what a rule says of each candidate, against what is known by hand or by looking at every coordinate. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { findRule, PRE_AGGREGATORS, RULES } from "../../../protocol/aggregate/registry.ts";
import { distance } from "../../../protocol/aggregate/rows/distances.ts";
import { ruleInput } from "../../../protocol/aggregate/rows/input.ts";
import type { CandidateExplanation, RuleInput } from "../../../protocol/base/learning-seams.ts";
import { aggregate, anyInput, assertNear, crowd } from "./inputs.ts";

const NAMES = [
  ...RULES.keys(),
  ...[...PRE_AGGREGATORS.keys()].flatMap((before) => [`${before}+median`, `${before}+nna`]),
  "balance+arc+bucketing+nnm+meamed",
];

function explanationOf(name: string, input: RuleInput, given: Record<string, number> = {}): CandidateExplanation[] {
  const { explanation } = aggregate(name, { ...input, explain: true }, given);
  return [...(explanation ?? assert.fail(`${name} explains nothing`))];
}

function influences(name: string, input: RuleInput, given: Record<string, number> = {}): number[] {
  return explanationOf(name, input, given).map(({ influence }) => influence);
}

const sum = (values: readonly number[]) => values.reduce((so, value) => so + value, 0);

describe("an explanation", () => {
  for (const name of NAMES) {
    it(`of ${name} is there only when asked for, and changes nothing else`, () => {
      fc.assert(
        fc.property(anyInput, (input) => {
          const { explanation, ...output } = aggregate(name, { ...input, explain: true });
          assert.deepEqual(aggregate(name, input), output);
          assert.equal(explanation?.length, input.candidates.length);
        }),
      );
    });

    it(`of ${name} gives shares of one whole, none to whom was removed, and says who removed them`, () => {
      fc.assert(
        fc.property(anyInput, (input) => {
          const { explanation = [], statuses } = aggregate(name, { ...input, explain: true });
          const shares = explanation.map(({ influence }) => influence);
          assert.ok(shares.every((share) => share >= 0) && sum(shares) <= 1 + 1e-9, `${shares}`);
          const parts = name.split("+");
          for (const [j, { influence, removedBy }] of explanation.entries()) {
            assert.equal(removedBy !== undefined, statuses[j] === "removed");
            if (removedBy === undefined) continue;
            assert.ok(parts.includes(removedBy) || name === removedBy, removedBy);
            assert.equal(influence, 0);
          }
        }),
      );
    });

    it(`of ${name} has the distances, which are exact where every coordinate is looked at`, () => {
      const input = crowd(3, 7, 4);
      for (const [j, told] of explanationOf(name, input).entries())
        assertNear([told.distance], [distance(input.own, input.candidates[j]?.params ?? assert.fail())], 1e-6);
    });
  }
});

describe("influence", () => {
  it("is the part of the weight where the rule takes a mean", () => {
    const input = ruleInput(
      [0, 0],
      [
        [1, 2],
        [3, 4],
      ],
      [65536, 32768],
    );
    assertNear(influences("mean", input), [1 / 2.5, 0.5 / 2.5], 1e-12);
    assertNear(influences("nna", ruleInput([0], [[1], [2], [50]])), [1 / 3, 1 / 3, 0], 1e-12);
  });

  it("is the share of coordinates with the middle value, of an even number one half each to the two of them", () => {
    const input = ruleInput(
      [0, 0, 0, 9],
      [
        [1, 5, -1, 1],
        [2, 2, -2, 2],
      ],
    );
    assert.deepEqual(influences("median", input), [0.5, 0.5]);
    assert.deepEqual(influences("median", ruleInput([0, 4], [[2, 0]])), [0.5]);
  });

  it("is shared by all who said the same, in whatever order they come", () => {
    assertNear(influences("median", ruleInput([5], [[1], [1], [1], [9]])), [1 / 3, 1 / 3, 1 / 3, 0], 1e-12);
    assertNear(influences("median", ruleInput([1], [[1], [1], [0], [9]])), [1 / 3, 1 / 3, 0, 0], 1e-12);
    assertNear(influences("weighted-median", ruleInput([1], [[1], [9]], [1000, 1000])), [0.5, 0], 1e-12);
  });

  it("is equal for all that a trimmed mean keeps", () => {
    // five rows, one dropped on either side
    assertNear(
      influences("trimmed-mean", ruleInput([0], [[1], [2], [3], [4]]), { f: 0 }),
      [1 / 3, 1 / 3, 1 / 3, 0],
      1e-12,
    );
    assertNear(influences("meamed", ruleInput([0], [[1], [2], [3], [100]]), { f: 0 }), [0.25, 0.25, 0.25, 0], 1e-12);
  });

  it("passes through a mixture to those that it is mixed of", () => {
    const honest = [
      [1, 1],
      [1.2, 0.8],
      [0.9, 1.1],
      [1.1, 1.2],
      [0.8, 0.9],
    ];
    const far = [100, -100];
    const shares = influences("guarded-median", ruleInput([1, 1.05], [...honest, far]));
    assert.ok((shares[5] as number) < 0.02, `${shares}`);
    assert.ok(sum(shares) > 0.5, `${shares}`);
  });

  it("estimated from samples that move with the age comes near to what every coordinate says", () => {
    const input = crowd(9, 6, 4000);
    const ages = Array.from({ length: 400 }, (_, i) => 20 * i);
    const told = ages.map((age) => influences("median", { ...input, age }));
    const mean = input.candidates.map((_, j) => sum(told.map((shares) => shares[j] as number)) / told.length);
    const truth = exactMedianInfluence(input);
    for (const [j, share] of mean.entries()) assertNear([share], [truth[j] as number], 0.03, `candidate ${j}`);
    assert.notDeepEqual(told[0], told[1]);
  });

  it("estimates distances that the rule did not need", () => {
    const input = crowd(5, 4, 100_000);
    for (const [j, { distance: told }] of explanationOf("median", input).entries()) {
      const truth = distance(input.own, input.candidates[j]?.params as Float32Array);
      assert.ok(told !== truth && Math.abs(told / truth - 1) < 0.25, `${told} of ${truth}`);
    }
  });
});

describe("who was removed", () => {
  it("is told with the name of the stage that did it", () => {
    const honest = Array.from({ length: 6 }, (_, j) => [1 + j / 50, 1 - j / 50]);
    const input = ruleInput([1, 1], [...honest, [50, 50]]);
    assert.equal(explanationOf("balance+nna", input, { gamma: 1 })[6]?.removedBy, "balance");
    assert.equal(explanationOf("nna", input)[6]?.removedBy, "nna");
    assert.ok(findRule("balance+nna"));
  });
});

/** Over every coordinate, of an odd number of rows: who holds the middle value. */
function exactMedianInfluence({ own, candidates }: RuleInput): number[] {
  const rows = [own, ...candidates.map(({ params }) => params)];
  assert.equal(rows.length % 2, 1);
  const counts = new Array<number>(rows.length).fill(0);
  for (let c = 0; c < own.length; c++) {
    const column = rows.map((row) => row[c] as number);
    const middle = [...column].sort((a, b) => a - b)[(rows.length - 1) / 2] as number;
    const holder = column.indexOf(middle);
    counts[holder] = (counts[holder] as number) + 1 / own.length;
  }
  return counts.slice(1);
}
