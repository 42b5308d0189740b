/** `node test/bench/smaller.ts`: what models of the digits lose when they are stored in fewer bits, computed in 8, or pruned, after their training. Ten seeds each. */
import { loadNamedSet } from "../../node/data/sets.ts";
import { table } from "../../node/terminal/print.ts";
import type { Task } from "../../protocol/base/task.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import { createInt8Trainer, type Int8Layer, NO_PARAMS } from "../../protocol/learn/dense/int8.ts";
import { pruned, quantise, roundedTo, type Thinned, thinned } from "../../protocol/learn/smaller.ts";
import { initialParams, tensorSlices } from "../../protocol/learn/tensors.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { median } from "./statistics.ts";

const SEEDS = 10;
const STEPS = 2_000;

type Way = readonly [name: string, change: (model: Thinned) => Thinned];

const bits = (n: number): Way => [
  `int${n}`,
  ({ task, params }) => ({ task, params: roundedTo(n, params, task.tensors) }),
];
const weights = (share: number): Way => [
  `${100 * share} % of the weights are zero`,
  ({ task, params }) => ({ task, params: pruned(share, params, task.tensors) }),
];
const units = (share: number): Way => [
  `${100 * share} % of the hidden units are gone`,
  ({ task, params }) => thinned(share, params, task),
];
const WAYS: readonly Way[] = [
  ["float32", (model) => model],
  ...[8, 4].map(bits),
  ...[0.5, 0.8, 0.9].map(weights),
  ...[0.25, 0.5].map(units),
];

const set = await loadNamedSet("digits");
const IN_INT8 = "int8, computed in int8";
const found = [...WAYS.map(([name]) => name), IN_INT8].map((name) => ({
  name,
  accuracies: [] as number[],
  parameters: 0,
}));
for (let seed = 1; seed <= SEEDS; seed++) {
  const task = parseTask({ ...set.task, seed });
  const trainer = createDenseTrainer({ task, train: set.train });
  const { params } = await trainer.fit({ params: initialParams(task.tensors, seed), steps: STEPS, seed: String(seed) });
  for (const [index, [, change]] of WAYS.entries()) {
    const model = change({ task, params });
    const judge = createDenseTrainer({ task: model.task, train: set.train, holdout: set.holdout });
    const { accuracy = Number.NaN } = (await judge.evaluate(model.params, "holdout")) as { accuracy?: number };
    found[index]?.accuracies.push(accuracy);
    Object.assign(found[index] ?? {}, { parameters: model.params.length });
  }
  const judge = createInt8Trainer({ task, train: set.train, holdout: set.holdout, layers: int8Layers(params, task) });
  const { accuracy = Number.NaN } = (await judge.evaluate(NO_PARAMS, "holdout")) as { accuracy?: number };
  found.at(-1)?.accuracies.push(accuracy);
  Object.assign(found.at(-1) ?? {}, { parameters: params.length });
}

/** Kernel, bias, kernel, bias. */
function int8Layers(params: Float32Array, { tensors }: Task): Int8Layer[] {
  const values = tensorSlices(tensors).map(({ offset, length }) => params.subarray(offset, offset + length));
  return values.flatMap((bias, i) =>
    i % 2 === 0 ? [] : [{ kernel: quantise(values[i - 1] as Float32Array, 8), bias }],
  );
}

const percent = (share: number) => (100 * share).toFixed(1);
const rows = found.map(({ name, accuracies, parameters }) => [
  ...[name, String(parameters), percent(median(accuracies)), percent(Math.min(...accuracies))],
]);
process.stdout.write(`${table(["digits", "parameters", "accuracy %, median", "worst"], rows)}\n`);
