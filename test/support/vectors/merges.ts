/** Vectors of merges: every rule, and some with pre-aggregators, on one small set of models with weights, masses and a base. */
import { plainAggregator, RULES, ruleNamed, ruleParameters } from "../../../protocol/aggregate/registry.ts";
import { bytesOf, toHex } from "../../../protocol/base/bytes.ts";
import { combine } from "../../../protocol/task/combine.ts";
import { moveTraining } from "../../../protocol/task/move.ts";
import { filled, TASK } from "./people.ts";

const LOT = filled(0x5a, 64);
const COMPOSED = ["bucketing+median", "nnm+median", "arc+nnm+weighted-median", "balance+mean"];
const own = Float32Array.of(1, -2, 0.5, 3);
const base = Float32Array.of(0.75, -1.5, 0.25, 2.5);
const CANDIDATES = [
  { params: Float32Array.of(1.25, -2.5, 0.75, 3.5), weightQ16: 65_536, mass: 1, age: 100 },
  { params: Float32Array.of(0.5, -1, 0.125, 2), weightQ16: 52_429, mass: 2, age: 90 },
  { params: Float32Array.of(1.5, -2.25, 1, 2.75), weightQ16: 60_000, mass: 1, age: 95 },
  { params: Float32Array.of(-8, 16, -4, -24), weightQ16: 65_536, mass: 1, age: 100 },
  { params: Float32Array.of(1.5, -2.25, 1, 2.8125), weightQ16: 65_536, mass: 3, age: 110 },
];

export async function mergeVectors(): Promise<object> {
  const names = [...RULES.keys(), ...COMPOSED];
  return {
    own: Array.from(own),
    base: Array.from(base),
    age: 100,
    lot: toHex(LOT),
    candidates: CANDIDATES.map(({ params, ...rest }) => ({ params: Array.from(params), ...rest })),
    cases: names.map(mergeOf),
    blended: await blended(),
    moved: moved(),
  };
}

/** A training whose result is added to the own model: both operations have to be rounded. */
function moved() {
  const began = Float32Array.of(0.1, -0.7, 1e8, 0.3);
  const ended = Float32Array.of(0.3, 0.9, 1e8 + 8, -3e-8);
  const out = moveTraining(own, began, ended);
  return { began: Array.from(began), ended: Array.from(ended), params: Array.from(out), bytes: toHex(bytesOf(out)) };
}

function mergeOf(name: string) {
  const rule = ruleNamed(name);
  const { parameters } = ruleParameters(rule, {});
  const { params, statuses, mass } = rule.aggregate(
    { own, base, candidates: CANDIDATES, mass: 1, age: 100, lot: LOT },
    parameters,
  );
  return { rule: name, parameters, params: Array.from(params), bytes: toHex(bytesOf(params)), statuses, mass };
}

/** The whole step, blend and ages with it. */
async function blended() {
  const aggregation = { ...TASK.aggregation, rule: "weighted-median", parameters: {}, blend: 0.5 };
  const candidates = CANDIDATES.map(({ mass: _, ...candidate }) => candidate);
  const input = { own, base, age: 100, candidates, catchUp: false };
  const { params, age, name } = await combine({ ...TASK, aggregation }, plainAggregator, input);
  const caughtUp = await combine({ ...TASK, aggregation }, plainAggregator, { ...input, age: 0, catchUp: true });
  return {
    blend: 0.5,
    rule: name,
    params: Array.from(params),
    age,
    catchUp: { params: Array.from(caughtUp.params), age: caughtUp.age },
  };
}
