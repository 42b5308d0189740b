/** The rules against byzfl, the reference library of their authors, and against their definitions in numpy. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { RULES, ruleNamed } from "../../../../protocol/aggregate/registry.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import type { RuleInput } from "../../../../protocol/base/learning-seams.ts";
import { aggregate, assertNear } from "../inputs.ts";

interface Vectors {
  readonly provenance: { agreed: Record<string, number> };
  readonly cases: readonly Case[];
}

interface Case {
  readonly kind: string;
  readonly f: number;
  readonly unit: number;
  readonly own: number[];
  readonly candidates: number[][];
  readonly age: number;
  /** Own model before training. */
  readonly base: number[];
  readonly weightsQ16?: number[];
  /** Of the own model, then of the candidates. */
  readonly masses?: number[];
  readonly expected: Record<string, number[]>;
}

const { provenance, cases } = JSON.parse(
  readFileSync(new URL("../../../vectors/robust-rules.json", import.meta.url), "utf8"),
) as Vectors;

/** Of the largest input. Denormal numbers are 2^-149 apart, and rounded once in the rows and once in the result. */
const TOLERANCE = 1e-6;
const LEAST_TOLERANCE = 2 ** -149;

function inputOf({ unit, own, candidates, age, base, weightsQ16, masses }: Case): RuleInput {
  const scaled = (whole: number[]) => whole.map((value) => value / unit);
  const models = ruleInput(scaled(own), candidates.map(scaled), weightsQ16);
  const input = { ...models, age, base: Float32Array.from(scaled(base)) };
  if (masses === undefined) return input;
  const [mass = 1, ...theirs] = masses;
  return { ...input, mass, candidates: input.candidates.map((one, j) => ({ ...one, mass: theirs[j] ?? 1 })) };
}

const compared = new Set(cases.flatMap(({ expected }) => Object.keys(expected)));

for (const name of compared) {
  test(`${name} equals its definition`, () => {
    const rule = ruleNamed(name);
    const counts = new Set<number>();
    for (const [index, one] of cases.entries()) {
      const values = one.expected[name];
      if (values === undefined) continue;
      const input = inputOf(one);
      const { params } = aggregate(name, input, "f" in rule.parameters ? { f: one.f } : {});
      const all = [input.own, ...input.candidates.map((candidate) => candidate.params)];
      const largest = Math.max(...all.flatMap((vector) => [...vector].map(Math.abs)));
      const label = `case ${index} (${one.kind}, m = ${one.candidates.length}, d = ${one.own.length}, f = ${one.f})`;
      assertNear(params, values, Math.max(LEAST_TOLERANCE, TOLERANCE * largest), label);
      counts.add(one.candidates.length + 1);
    }
    for (const n of [1, 5, 8, 15, 16, 33]) assert.ok(counts.has(n), `n = ${n}`);
  });
}

test("every rule is compared, and with byzfl where that has it", () => {
  const elsewhere = new Set(["arc-nnm-trimmed-mean"]); // another name of a composition
  for (const name of RULES.keys()) assert.ok(compared.has(name) !== elsewhere.has(name), name);
  for (const name of [
    "mean",
    "median",
    "trimmed-mean",
    "meamed",
    "geometric-median",
    "krum",
    "centred-clipping",
    "nna",
  ])
    for (const before of ["", "arc+", "nnm+"])
      if (compared.has(before + name)) assert.ok((provenance.agreed[before + name] ?? 0) >= 30, before + name);
});
