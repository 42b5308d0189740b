/**
 * `npm run bench:inversion`: pictures from a published update. A peer of digits trains on a few images and publishes; whoever knows the model before, as neighbours do from the log,
 * divides what changed in the first layer (`protocol/privacy/inference/invert-update.ts`). A table; the figures stand in the page of that room.
 *
 * An image counts as found where one of the answers has a correlation above 0.95 with it, over the 64 pixels; the last column says how often that
 * happens to images that were not trained on.
 */
import { createShadowFits } from "../../node/commands/privacy/shadow-fit.ts";
import { loadNamedSet } from "../../node/data/sets.ts";
import { percent, table } from "../../node/terminal/print.ts";
import { createRng } from "../../protocol/base/rng.ts";
import { inputSize, numParams, type Task } from "../../protocol/base/task.ts";
import { codecOf } from "../../protocol/codec/registry.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import { createDenseTrainer, DENSE_TRAINERS } from "../../protocol/learn/dense/dense.ts";
import { initialParams, tensorSlices } from "../../protocol/learn/tensors.ts";
import { type FirstLayer, invertUpdate } from "../../protocol/privacy/inference/invert-update.ts";
import { parseTask } from "../../protocol/task/manifest.ts";

const TRIALS = 100;
const FOUND = 0.95;

/** What is trained and how it goes out. */
interface Case {
  readonly examples: number;
  readonly steps: number;
  readonly codec: "f32" | "int8";
  /** Steps that the network has behind it. */
  readonly age: number;
  /** Of dp-sgd, for these steps; no mechanism where left out. */
  readonly epsilon?: number;
}

const CASES: readonly Case[] = [
  { examples: 1, steps: 1, codec: "f32", age: 0 },
  { examples: 1, steps: 10, codec: "f32", age: 0 },
  { examples: 1, steps: 10, codec: "int8", age: 0 },
  { examples: 1, steps: 10, codec: "int8", age: 400 },
  { examples: 2, steps: 10, codec: "f32", age: 0 },
  { examples: 8, steps: 10, codec: "f32", age: 0 },
  { examples: 48, steps: 10, codec: "f32", age: 0 },
  { examples: 1, steps: 10, codec: "f32", age: 0, epsilon: 8 },
  { examples: 1, steps: 10, codec: "f32", age: 0, epsilon: 2 },
  { examples: 48, steps: 10, codec: "f32", age: 0, epsilon: 8 },
  { examples: 48, steps: 10, codec: "f32", age: 0, epsilon: 2 },
];

const { train: images, task: source } = await loadNamedSet("digits");

const rows: string[][] = [];
for (const one of CASES) {
  const { found, mistaken, correlation } = await measure(one);
  const { examples, steps, codec, age, epsilon } = one;
  const how = epsilon === undefined ? "none" : `dp-sgd, epsilon ${epsilon}`;
  rows.push([
    String(examples),
    String(steps),
    codec,
    String(age),
    how,
    percent(found),
    correlation.toFixed(3),
    percent(mistaken),
  ]);
}
process.stdout.write(
  `${table(["images", "steps", "codec", "age", "privacy", "found", "correlation of the best answer", "other images found"], rows)}\n`,
);

function taskOf({
  examples,
  steps,
  codec,
  epsilon,
}: Omit<Case, "age" | "epsilon"> & { epsilon: number | undefined }): Task {
  const plain = parseTask({ ...source, codec });
  if (epsilon === undefined) return plain;
  const epochs = (steps * plain.training.batch) / Math.max(examples, plain.training.batch);
  const privacy = {
    mechanism: "dp-sgd",
    clipNorm: 1,
    targetEpsilon: epsilon,
    epochs: Math.ceil(epochs),
    maxEpsilon: epsilon,
  };
  return parseTask({ ...source, codec, privacy });
}

/** Over the trials: the share of images that are found, and of as many others; the mean of each image's best correlation with an answer. */
async function measure({ examples, steps, codec: name, age, epsilon }: Case) {
  const task = taskOf({ examples, steps, codec: name, epsilon });
  const fits = createShadowFits(task, DENSE_TRAINERS);
  const before = await networkAt(task, age);
  const codec = codecOf(task, new Uint8Array(32));
  let [found, mistaken, sum] = [0, 0, 0];
  for (let trial = 0; trial < TRIALS; trial++) {
    const order = createRng(`inversion/${trial}`).permutation(images.length);
    const own = selectRows(images, order.subarray(0, examples));
    const fit = fits(own, `inversion/${trial}`);
    const trained = await fit({ params: before, steps, seed: `inversion/${trial}`, age });
    if (trained === undefined) throw new Error("the budget does not allow the training");
    const { params } = trained;
    const answers = invertUpdate(change(task, before, codec.decode(codec.encode(params))));
    const best = bestOf(task, own, answers);
    sum += best.reduce((total, one) => total + one, 0);
    found += best.filter((one) => one > FOUND).length;
    const others = selectRows(images, order.subarray(examples, 2 * examples));
    mistaken += bestOf(task, others, answers).filter((one) => one > FOUND).length;
  }
  const all = TRIALS * examples;
  return { found: found / all, mistaken: mistaken / all, correlation: sum / all };
}

/** Of each image, the correlation with the answer that is most like it. */
function bestOf(task: Task, data: Dataset, answers: readonly Float32Array[]): number[] {
  return Array.from({ length: data.length }, (_, row) =>
    Math.max(-1, ...answers.map((answer) => correlation(pixelsOf(task, data, row), answer))),
  );
}

/** A model that others have trained for a while. */
async function networkAt(task: Task, age: number): Promise<Float32Array> {
  const params = initialParams(task.tensors, task.seed);
  if (age === 0) return params;
  return (await createDenseTrainer({ task, train: images }).fit({ params, steps: age, seed: "network" })).params;
}

function change(task: Task, before: Float32Array, after: Float32Array): FirstLayer {
  const moved = Float32Array.from({ length: numParams(task) }, (_, i) => (after[i] as number) - (before[i] as number));
  const [kernel, bias] = tensorSlices(task.tensors).map(({ offset, length }) =>
    moved.subarray(offset, offset + length),
  );
  if (kernel === undefined || bias === undefined) throw new Error("the model has no first layer");
  return { kernel, bias };
}

function pixelsOf(task: Task, { inputs }: Dataset, row: number): Float32Array {
  const width = inputSize(task);
  return Float32Array.from(inputs.subarray(row * width, (row + 1) * width));
}

/** Pearson's; 0 where one of them does not vary, or is not finite. */
function correlation(a: Float32Array, b: Float32Array): number {
  const [x, y] = [centred(a), centred(b)];
  const dot = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, value, i) => sum + value * (q[i] as number), 0);
  const r = dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
  return Number.isFinite(r) ? r : 0;
}

function centred(values: Float32Array): number[] {
  const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Array.from(values, (value) => value - middle);
}
