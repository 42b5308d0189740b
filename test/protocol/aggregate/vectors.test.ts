/** The published rules against byzfl, the reference library of their authors. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { aggregate, assertNear, ruleInput } from "./inputs.ts";

interface Vectors {
  readonly unit: number;
  readonly cases: readonly {
    kind: string;
    f: number;
    own: number[];
    candidates: number[][];
    expected: Record<string, number[]>;
  }[];
}

const { unit, cases } = JSON.parse(
  readFileSync(new URL("../../vectors/robust-rules.json", import.meta.url), "utf8"),
) as Vectors;

/** Relative to the largest input; the geometric median is compared where both have settled. */
const RULES_TO_COMPARE: readonly { name: string; tolerance: number; given: Record<string, number> }[] = [
  { name: "trimmed-mean", tolerance: 1e-6, given: {} },
  { name: "nna", tolerance: 1e-6, given: {} },
  { name: "multi-krum", tolerance: 1e-6, given: {} },
  { name: "arc-nnm-trimmed-mean", tolerance: 1e-6, given: {} },
  { name: "geometric-median", tolerance: 1e-5, given: { iterations: 1000 } },
];

for (const { name, tolerance, given } of RULES_TO_COMPARE) {
  test(`${name} equals the reference library`, () => {
    let compared = 0;
    for (const [index, { kind, f, own, candidates, expected }] of cases.entries()) {
      const values = expected[name];
      if (values === undefined) continue;
      const scaled = (whole: number[]) => whole.map((value) => value / unit);
      const parameters = name === "geometric-median" ? given : { f, ...given };
      const { params } = aggregate(name, ruleInput(scaled(own), candidates.map(scaled)), parameters);
      const label = `case ${index} (${kind}, m = ${candidates.length}, d = ${own.length}, f = ${f})`;
      assertNear(params, values, tolerance * Math.max(1, ...values.map(Math.abs)), label);
      compared++;
    }
    assert.ok(compared >= 40, `${compared} cases`);
  });
}
