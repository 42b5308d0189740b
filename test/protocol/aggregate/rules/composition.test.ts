/** Pre-aggregators: names, order, quorum, parameters, and each by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bucketing } from "../../../../protocol/aggregate/pre/bucketing.ts";
import { describeRules, findRule, ruleNamed, ruleParameters } from "../../../../protocol/aggregate/registry.ts";
import { crowdOf } from "../../../../protocol/aggregate/rows/crowd.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import { tableOf } from "../../../../protocol/aggregate/rows/mixture.ts";
import { PLAIN } from "../../../../protocol/aggregate/rows/plain.ts";
import type { RuleInput } from "../../../../protocol/base/learning-seams.ts";
import { UNIT_WEIGHT } from "../../../../protocol/base/weight.ts";
import { aggregate, anyCrowd, assertNear, crowd } from "../inputs.ts";

function quorumOf(name: string, given: Record<string, number> = {}): number {
  const rule = ruleNamed(name);
  return rule.quorum(ruleParameters(rule, given).parameters);
}

test("pre-aggregators stand before a rule in one order, each once", () => {
  for (const name of ["arc+mean", "nnm+krum", "balance+arc+bucketing+nnm+geometric-median", "bucketing+nnm+caf"]) {
    assert.equal(findRule(name)?.name, name);
    assert.equal(findRule(name), findRule(name));
  }
  for (const name of ["nnm+arc+mean", "arc+arc+mean", "arc", "arc+", "+mean", "mean+arc", "arc++mean", "arc+best", ""])
    assert.equal(findRule(name), undefined, name);
  for (const name of ["arc+guarded-median", "nnm+sc-wmedian", "arc+arc-nnm-trimmed-mean", "arc+nnm+arc+mean"])
    assert.equal(findRule(name), undefined, `${name}: has its own`);
  assert.throws(() => ruleNamed("nnm+arc+mean"), { name: "RangeError", message: /"nnm\+arc\+mean"; there are mean, / });
  assert.match(describeRules(), /guarded-median; before all but .* may stand any of balance\+arc\+bucketing\+nnm\+,/);
});

test("a composed rule takes the parameters of all its parts", () => {
  assert.deepEqual(Object.keys(ruleNamed("balance+bucketing+nnm+geometric-median").parameters).sort(), [
    ...["bucket", "f", "gamma", "horizon", "iterations", "kappa", "nu"],
  ]);
});

test("the quorum of a composed rule is such that the rule at its end gets its rows", () => {
  assert.deepEqual(
    ["krum", "arc+nnm+krum", "sc-wmedian", "balance+mean"].map((name) => quorumOf(name)),
    [4, 4, 2, 1],
  );
  assert.deepEqual(
    [1, 2, 2.9, 3].map((bucket) => quorumOf("bucketing+krum", { bucket })),
    [4, 7, 7, 10],
  );
});

test("arc-nnm-trimmed-mean is arc+nnm+trimmed-mean", () => {
  fc.assert(
    fc.property(anyCrowd, (input) => {
      assert.deepEqual(aggregate("arc-nnm-trimmed-mean", input), aggregate("arc+nnm+trimmed-mean", input));
    }),
  );
});

test("arc shortens the c longest to the length of the next", () => {
  // m = 4: b = 1, c = floor(2 * 1 * 3 / 4) = 1; (0 + 1 - 2 + 3 + 3) / 5
  const { params, statuses } = aggregate("arc+mean", ruleInput([0], [[1], [-2], [3], [100]]));
  assertNear(params, [1], 1e-6);
  assert.deepEqual(statuses, ["used", "used", "used", "clipped"]);
});

test("nnm replaces each row by the mean of all but the b farthest from it", () => {
  // b = 1: own, 1, 3 and 6 leave out 100 and become 2.5, 100 leaves out own and becomes 27.5
  const input = ruleInput([0], [[1], [3], [6], [100]]);
  assertNear(aggregate("nnm+mean", input).params, [7.5], 1e-6);
  assert.deepEqual(aggregate("nnm+median", input).params, Float32Array.of(2.5));
});

test("nnm counts by mass", () => {
  // own and 1 leave out 100: (0 + 3 * 1) / 4; 100 leaves out own: (3 * 1 + 100) / 4
  const { own, candidates } = ruleInput([0], [[1], [100]]);
  const input = { own, candidates: candidates.map((candidate, j) => ({ ...candidate, mass: j === 0 ? 3 : 1 })) };
  assertNear(aggregate("nnm+trimmed-mean", input).params, [0.75], 1e-6);
});

test("a row that arc shortened and krum did not choose is removed, and its mass does not go with the aggregate", () => {
  const { statuses, mass } = aggregate("arc+krum", ruleInput([0], [[1], [2], [3], [4], [5], [-400]]));
  assert.equal(statuses[5], "removed");
  assert.equal(statuses.filter((status) => status !== "removed").length, mass - 1);
  assert.deepEqual(aggregate("arc+mean", ruleInput([0], [[0], [0], [0], [9]])).statuses[3], "clipped", "to nothing");
});

test("balance lets pass who is near enough, and less as the model grows older", () => {
  // |own| = 5: 1.5 at age 0, 0.91 at half of the horizon, 0.552 from there on
  const at = (age: number, ...lengths: number[]) =>
    aggregate(
      "balance+mean",
      {
        ...ruleInput(
          [3, 4],
          lengths.map((x) => [3 + x, 4]),
        ),
        age,
      },
      { horizon: 100 },
    );
  assert.deepEqual(at(0, 1.4, -1.6).statuses, ["used", "removed"]);
  assertNear(at(0, 1.4, -1.6).params, [3.7, 4], 1e-6);
  assert.deepEqual(at(50, 0.9, 0.92).statuses, ["used", "removed"]);
  for (const age of [100, 1e6]) assert.deepEqual(at(age, 0.55, 0.56).statuses, ["used", "removed"]);
});

test("where fewer pass than the rule needs, the own model stays", () => {
  for (const [name, other] of [
    ["balance+mean", [9, 9]],
    ["balance+krum", [3.5, 4]],
  ] as const) {
    const input = ruleInput([3, 4], [[9, 9], [-3, -4], [7, 1], [...other]]);
    const { params, statuses, mass } = aggregate(name, input);
    assert.deepEqual(params, Float32Array.of(3, 4));
    assert.deepEqual(statuses, new Array(4).fill("removed"));
    assert.equal(mass, 1);
  }
});

/** Buckets as lists of candidates. */
function bucketsOf(input: RuleInput, bucket: number): number[][] {
  const { mixed } = bucketing.apply(crowdOf(input, PLAIN), { bucket });
  const table = tableOf(mixed ?? assert.fail());
  const m = input.candidates.length;
  const rows = Array.from({ length: table.length / m }, (_, i) => table.subarray(i * m, (i + 1) * m));
  return rows.map((row) => [...row.keys()].filter((j) => row[j] !== 0));
}

test("bucketing puts every candidate into one bucket, all full but the last", () => {
  for (const [m, bucket, sizes] of [
    [5, 2, [0, 2, 2, 1]],
    [6, 3, [0, 3, 3]],
    [3, 8, [0, 3]],
  ] as const) {
    const buckets = bucketsOf(crowd(m, m, 3), bucket);
    assert.deepEqual(
      buckets.map(({ length }) => length),
      sizes,
    );
    assert.deepEqual(buckets.flat().sort(), [...Array(m).keys()]);
  }
});

test("the lot falls anew with every own model, and evenly", () => {
  // of four in two pairs the first is with the second one time in three
  const draws = 2000;
  let together = 0;
  for (let seed = 0; seed < draws; seed++)
    if (bucketsOf(crowd(seed, 4, 2), 2).some((members) => members.includes(0) && members.includes(1))) together++;
  assert.ok(Math.abs(together / draws - 1 / 3) < 5 * Math.sqrt(2 / 9 / draws), `${together} of ${draws}`);
});

test("the lot falls by what is given to draw it by, whatever the own model is that others have seen", () => {
  const lots = Array.from({ length: 50 }, (_, i) => new Uint8Array(64).fill(i));
  const drawn = (own: number) =>
    lots.map((lot) => JSON.stringify(bucketsOf({ ...crowd(7, 8, 2), own: Float32Array.of(own, 0), lot }, 2)));
  assert.deepEqual(drawn(1), drawn(2));
  assert.ok(new Set(drawn(1)).size > 40);
});

test("bucketing before a rule is the rule on the means of the buckets, each with its mass", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 8, max: 16 }), fc.integer({ min: 2, max: 3 }), (seed, m, bucket) => {
      const { own, candidates } = crowd(seed, m, 4);
      const masses = candidates.map((_, j) => 1 + (j % 3));
      const input = {
        own,
        candidates: candidates.map(({ params }, j) => ({ params, weightQ16: UNIT_WEIGHT, mass: masses[j] ?? 1 })),
      };
      const means = bucketsOf(input, bucket)
        .slice(1)
        .map((members) => {
          const mass = members.reduce((sum, j) => sum + (masses[j] ?? 0), 0);
          const total = (i: number) =>
            members.reduce((sum, j) => sum + (masses[j] ?? 0) * (candidates[j]?.params[i] ?? 0), 0);
          return { params: own.map((_, i) => total(i) / mass), weightQ16: UNIT_WEIGHT, mass };
        });
      for (const name of ["median", "weighted-median", "geometric-median", "mean"])
        assertNear(
          aggregate(`bucketing+${name}`, input, { bucket }).params,
          aggregate(name, { own, candidates: means }).params,
          1e-5,
          name,
        );
    }),
  );
});

test("buckets of one are the candidates themselves", () => {
  fc.assert(
    fc.property(anyCrowd, (input) => {
      for (const name of ["krum", "nnm+trimmed-mean"])
        assert.deepEqual(aggregate(`bucketing+${name}`, input, { bucket: 1 }), aggregate(name, input));
    }),
  );
});
