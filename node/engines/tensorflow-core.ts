/** Training and prediction of a model on a backend of TensorFlow.js. `tensorflow.ts` says which losses, batches and optimiser. */
import type { FitRequest, FitResult, PrivateSteps, SecretDraws } from "../../protocol/base/learning-seams.ts";
import { inputSize, type LearningTask, outputSize, targetSize } from "../../protocol/base/task.ts";
import { createBatches, gatherRows } from "../../protocol/learn/data/batches.ts";
import type { PreparedData } from "../../protocol/learn/data/prepare.ts";
import { MIN_PROBABILITY } from "../../protocol/learn/metrics/metrics.ts";
import { clippingFactor } from "../../protocol/learn/optimisers/clipping.ts";
import type { Arithmetic, Optimiser } from "../../protocol/learn/optimisers/optimiser.ts";
import { optimiserOf } from "../../protocol/learn/optimisers/registry.ts";
import { stepScalars } from "../../protocol/learn/optimisers/step-scalars.ts";
import { drawsOf } from "../../protocol/learn/private-steps.ts";
import type { LearningCore } from "../../protocol/learn/trainer.ts";
import { type Backend, useBackend } from "./backend.ts";
import type { TaskModel } from "./model.ts";
import { type GradientSource, numbersOf, stepPrivately } from "./tensorflow-private.ts";
import type { Tensor } from "./tf.ts";

/** Rows that are predicted at once, where a training batch is not larger: both need memory for activations. */
const PREDICT_ROWS = 32;

interface Core {
  readonly backend: Backend;
  readonly model: TaskModel;
  readonly task: LearningTask;
  readonly optimiser: Optimiser;
  readonly arithmetic: Arithmetic<Tensor>;
  readonly draws: SecretDraws | undefined;
}

/** Some examples, row after row. */
interface Batch {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly rows: number;
}

/** @param draws by what private trainings hide examples. */
export function createCore(
  backend: Backend,
  model: TaskModel,
  task: LearningTask,
  draws?: SecretDraws | undefined,
): LearningCore {
  const { add, mul, div, sqrt } = backend.tf;
  const core: Core = {
    backend,
    model,
    task,
    optimiser: optimiserOf(task.training),
    arithmetic: { add, mul, div, sqrt },
    draws,
  };
  return {
    engine: `tensorflow/${backend.name}`,
    fit: (request, train) => fit(core, request, train),
    predict: (params, inputs) => predict(core, params, inputs),
    close() {
      useBackend(backend);
      model.dispose();
    },
  };
}

function fit(core: Core, request: FitRequest, train: PreparedData): FitResult {
  const { params, steps, seed, age = 0, rateFactor, anchor } = request;
  const { backend, model, task, optimiser } = core;
  const { tf } = backend;
  useBackend(backend);
  if (request.privateSteps !== undefined) return fitPrivately(core, request, request.privateSteps, train);
  const nextBatch = createBatches(train.length, task.training.batch, seed);
  const rows = Math.min(task.training.batch, train.length);
  const scalars = stepScalars(optimiser, task.training, age, steps, rateFactor);
  const perStep = scalars.length / steps;
  const states: States = new Map();
  let lossSum = 0;
  model.load(params);
  try {
    for (let step = 0; step < steps; step++) {
      const batch = gather(task, train, nextBatch(), rows);
      const given = scalars.subarray(step * perStep, (step + 1) * perStep);
      lossSum += tf.tidy(() => descend(core, batch, states, given));
      if (anchor !== undefined) model.draw(anchor);
    }
  } finally {
    tf.dispose([...states.values()].flat());
  }
  return { params: model.read(), loss: lossSum / steps };
}

function fitPrivately(core: Core, request: FitRequest, privateSteps: PrivateSteps, train: PreparedData): FitResult {
  const { backend, model, task, optimiser } = core;
  const { tf } = backend;
  const scalars = stepScalars(optimiser, task.training, request.age ?? 0, request.steps);
  const perStep = scalars.length / request.steps;
  const states: States = new Map();
  const source: GradientSource = {
    lengths: model.trainable.map(({ size }) => size),
    gradients: (index) =>
      tf.tidy(() => {
        const { value, grads } = lossAndGradients(core, gather(task, train, Uint32Array.of(index), 1));
        return {
          loss: value.dataSync()[0] as number,
          values: model.trainable.map(({ name }) => numbersOf(grads[name])),
        };
      }),
    descend: (gradients, step) =>
      tf.tidy(() => {
        const given = scalars.subarray(step * perStep, (step + 1) * perStep);
        const tensors = model.trainable.map(({ name, shape }, w) => [
          name,
          tf.tensor(gradients[w] as Float32Array, shape),
        ]);
        advance(core, Object.fromEntries(tensors), states, given);
      }),
  };
  model.load(request.params);
  try {
    const hidden = { privateSteps, draws: drawsOf(core.draws), batch: task.training.batch };
    const loss = stepPrivately(source, request, train, hidden);
    return { params: model.read(), loss, hidesExamples: true };
  } finally {
    tf.dispose([...states.values()].flat());
  }
}

/** New arrays at each step, since some backends keep those that they are given. */
function gather(task: LearningTask, train: PreparedData, indices: Uint32Array, rows: number): Batch {
  const inputWidth = inputSize(task);
  const targetWidth = targetSize(task);
  const inputs = new Float32Array(rows * inputWidth);
  const targets = new Float32Array(rows * targetWidth);
  gatherRows(train.inputs, inputWidth, indices, inputs);
  gatherRows(train.targets, targetWidth, indices, targets);
  return { inputs, targets, rows };
}

/** State vectors of the optimiser, of each weight by its name; none before its first step. */
type States = Map<string, readonly Tensor[]>;

/** One step of the optimiser; returns the loss before it. */
function descend(core: Core, batch: Batch, states: States, given: Float32Array): number {
  const { value, grads } = lossAndGradients(core, batch);
  advance(core, clipped(core, grads), states, given);
  return value.dataSync()[0] as number;
}

/** Gradients by the name of their weight. */
type Gradients = Readonly<Record<string, Tensor | null | undefined>>;

function lossAndGradients(core: Core, batch: Batch): { readonly value: Tensor; readonly grads: Gradients } {
  const { backend, model } = core;
  const { tf } = backend;
  return tf.variableGrads(
    () => tf.reshape(tf.addN([batchLoss(core, batch), ...model.penalties()]), []),
    [...model.trainable],
  );
}

/** Gradients that are together no longer than the task allows. */
function clipped({ backend, task }: Core, grads: Gradients): Gradients {
  const { maxGradientNorm } = task.training;
  if (maxGradientNorm === undefined) return grads;
  const { tf } = backend;
  const all = Object.entries(grads).flatMap(([name, gradient]) => (gradient ? [[name, gradient] as const] : []));
  const squares = all.map(([, gradient]) => tf.sum(tf.square(gradient)).dataSync()[0] as number);
  const factor = clippingFactor(
    squares.reduce((sum, one) => sum + one, 0),
    maxGradientNorm,
  );
  return factor === 1 ? grads : Object.fromEntries(all.map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
}

/** Moves the weights along these gradients. */
function advance(core: Core, grads: Gradients, states: States, given: Float32Array): void {
  const { backend, model, optimiser, arithmetic } = core;
  const { tf } = backend;
  const scalars = Array.from(given, (one) => tf.scalar(one));
  for (const variable of model.trainable) {
    const gradient = grads[variable.name];
    if (gradient === undefined || gradient === null) continue; // the loss does not depend on this weight
    const before = states.get(variable.name);
    const zeros = () => Array.from({ length: optimiser.slots }, () => tf.zerosLike(gradient));
    const after = optimiser.advance(arithmetic, gradient, before ?? zeros(), scalars);
    variable.assign(tf.sub(variable, optimiser.change(arithmetic, gradient, after, scalars)));
    tf.dispose([...(before ?? [])]);
    states.set(
      variable.name,
      after.map((one) => tf.keep(one)),
    );
  }
}

function batchLoss({ backend, model, task }: Core, { inputs, targets, rows }: Batch): Tensor {
  const { tf } = backend;
  const outputs = model.apply(inputs, true);
  const width = outputSize(task);
  if (model.head === "values") return tf.losses.meanSquaredError(tf.tensor(targets, [rows, width]), outputs);
  const truth = tf.cast(tf.oneHot(tf.tensor1d(Int32Array.from(targets), "int32"), width), "float32");
  if (model.head === "logits") return tf.losses.softmaxCrossEntropy(truth, outputs);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.log(tf.clipByValue(outputs, MIN_PROBABILITY, 1)), truth), 1)));
}

function predict({ backend, model, task }: Core, params: Float32Array, inputs: Float32Array): Float32Array {
  const [inputWidth, outputWidth] = [inputSize(task), outputSize(task)];
  useBackend(backend);
  const { tf } = backend;
  const rows = inputs.length / inputWidth;
  const chunk = Math.max(PREDICT_ROWS, task.training.batch);
  const predictions = new Float32Array(rows * outputWidth);
  model.load(params);
  for (let row = 0; row < rows; row += chunk) {
    tf.tidy(() => {
      const outputs = model.apply(inputs.slice(row * inputWidth, (row + chunk) * inputWidth), false);
      predictions.set((model.head === "logits" ? tf.softmax(outputs) : outputs).dataSync(), row * outputWidth);
    });
  }
  return predictions;
}
