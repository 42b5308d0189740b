import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { distance } from "../../../../protocol/aggregate/rows/distances.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import type { RuleInput } from "../../../../protocol/base/learning-seams.ts";
import { UNIT_WEIGHT } from "../../../../protocol/base/weight.ts";
import { aggregate, anyInput, vector } from "../inputs.ts";

interface Vectors {
  readonly unit: number;
  readonly cases: readonly {
    kind: string;
    f: number;
    own: number[];
    base?: number[];
    candidates: number[][];
    weightsQ16: number[];
    expected: number[];
  }[];
  readonly large: { d: number; m: number; f: number; at: number[]; expected: number[]; sum: number; norm: number };
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../vectors/guarded-median.json", import.meta.url), "utf8"),
) as Vectors;

function near(actual: number | undefined, expected: number, label: string): void {
  const error = Math.abs((actual as number) - expected);
  assert.ok(error <= 1e-6 * Math.max(1, Math.abs(expected)), `${label}: ${actual} is not ${expected}`);
}

test("guarded-median equals the reference implementation within 1e-6", () => {
  const scaled = (whole: number[]) => whole.map((value) => value / vectors.unit);
  assert.ok(vectors.cases.length > 100);
  for (const [index, { kind, f, own, base, candidates, weightsQ16, expected }] of vectors.cases.entries()) {
    const input = ruleInput(scaled(own), candidates.map(scaled), weightsQ16);
    const withBase = base === undefined ? input : { ...input, base: Float32Array.from(scaled(base)) };
    const { params } = aggregate("guarded-median", withBase, { f, share: 0.3 });
    for (const [i, value] of expected.entries())
      near(params[i], value, `case ${index} (${kind}, m = ${candidates.length}, f = ${f}), coordinate ${i}`);
  }
});

test("guarded-median equals the reference where the vectors span more than one block", () => {
  const { d, m, f, at, expected, sum, norm } = vectors.large;
  const row = (j: number, times = 1) =>
    Array.from({ length: d }, (_, i) => ((((3 * i * i + 17 * (j + 1) * i + 29 * j * j) % 1009) - 504) * times) / 1024);
  const numbers = Array.from({ length: m }, (_, j) => j + 1);
  const input = ruleInput(
    row(0),
    numbers.map((j) => row(j, j > 13 ? 50 : 1 + (j % 3))),
    numbers.map((j) => (j % 3 === 0 ? 52429 : UNIT_WEIGHT)),
  );
  const { params } = aggregate("guarded-median", { ...input, base: Float32Array.from(row(40)) }, { f, share: 0.3 });
  for (const [k, i] of at.entries()) near(params[i], expected[k] as number, `coordinate ${i}`);
  assert.ok(Math.abs(params.reduce((total, value) => total + value, 0) - sum) < 1e-3);
  assert.ok(Math.abs(distance(params, new Float32Array(d)) - norm) < 1e-5 * norm);
});

test("guarded-median follows its definition in an example by hand", () => {
  // b = 1; t = 0.5 min(1, 2): nobody shares; c = 1, r = 2: 3 is shortened to 2; b' = 1, three rows in each mean:
  // z = mean(0 1 2), mean(1 0 2), mean(2 2 1), mean(2 2 1); median of 1 1 5/3 5/3
  const input = ruleInput([0], [[1], [2], [3]]);
  const { params, statuses } = aggregate("guarded-median", input);
  near(params[0], 4 / 3, "without a base");
  assert.deepEqual(statuses, ["used", "used", "clipped"]);
  // R = max(|0 + 1|, least of 2 3 4) = 2, and 4/3 is 7/3 from the base
  near(aggregate("guarded-median", { ...input, base: Float32Array.of(-1) }).params[0], 1, "with base -1");
});

test("clones share one weight and are recorded as duplicates, shortened or not", () => {
  const honest = [
    [0, 1],
    [1, 0],
    [0, -1],
    [-1, 0],
  ];
  const clones = [
    [9, 9],
    [9, 9.01],
    [9, 9],
  ];
  const { statuses } = aggregate("guarded-median", ruleInput([0, 0], [...honest, ...clones]));
  assert.deepEqual(statuses, ["used", "used", "used", "used", "duplicate", "duplicate", "duplicate"]);
});

test("the assumed number of liars is not rounded up by the error of a product", () => {
  // 0.28 * 25 is 7.000000000000001 in floats: b = 8, not 9, and c = floor(2 * 8 * 17 / 25) = 10
  const axes = Array.from({ length: 25 }, (_, j) => Array.from({ length: 25 }, (_, i) => (i === j ? 100 + j : 0)));
  const { statuses } = aggregate("guarded-median", ruleInput(new Array<number>(25).fill(0), axes), { f: 0.28 });
  assert.equal(statuses.filter((status) => status === "clipped").length, 10);
});

test("sharing leaves a clone less to say than a peer of its own", () => {
  const honest = [[0], [2], [4], [6], [8]];
  const input = ruleInput([4], [...honest, [9], [9], [9]]);
  const [shared] = aggregate("guarded-median", input).params;
  const [unshared] = aggregate("guarded-median", input, { share: 0 }).params;
  assert.ok((shared as number) < (unshared as number), `${shared} < ${unshared}`);
});

test("a liar far away moves the result no further than one at the clipping radius", () => {
  const at = (value: number) =>
    aggregate("guarded-median", ruleInput([0], [[-2], [-1], [0.5], [1], [2], [3], [value]])).params[0] as number;
  assert.equal(at(1e6), at(1e30));
  assert.ok(Math.abs(at(1e30)) <= 3);
});

test("with a base nobody steps further than the own step and the most cautious candidates allow", () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { own, base, candidates } = input;
      fc.pre(base !== undefined && candidates.length > 0);
      const steps = candidates.map(({ params }) => distance(params, base)).sort((a, b) => a - b);
      const quartile = steps[Math.max(0, Math.floor(steps.length / 4) - 1)] as number;
      const step = distance(aggregate("guarded-median", input).params, base);
      assert.ok(step <= Math.max(distance(own, base), quartile) * (1 + 1e-6));
    }),
  );
});

test("guarded-median moves with its inputs: a shift of all is a shift of the result", () => {
  const move = (params: Float32Array, shift: number[]) => params.map((value, i) => value + (shift[i] as number));
  const moved = ({ own, base, candidates }: RuleInput, shift: number[]): RuleInput => ({
    own: move(own, shift),
    ...(base === undefined ? {} : { base: move(base, shift) }),
    candidates: candidates.map((candidate) => ({ ...candidate, params: move(candidate.params, shift) })),
  });
  fc.assert(
    fc.property(anyInput, vector(6), (input, shift) => {
      const expected = move(aggregate("guarded-median", input).params, shift);
      for (const [i, value] of aggregate("guarded-median", moved(input, shift)).params.entries())
        assert.ok(Math.abs(value - (expected[i] as number)) < 1e-2);
    }),
  );
});
