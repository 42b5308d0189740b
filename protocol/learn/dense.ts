/**
 * The built-in trainer of softmax regression and multi-layer perceptrons, in plain TypeScript: no dependency, no
 * start-up time, and cheap enough to simulate thousands of peers. Exact gradients; parameters, gradients and
 * activations are float32.
 *
 * Same request, same bits: on one build of V8 always, and elsewhere as far as `Math.exp`, `Math.log` and `Math.tanh`
 * agree, which ECMAScript leaves open (V8 ports fdlibm, the same on every processor).
 */
import { HearsayError } from "../errors.ts";
import type { FitRequest, FitResult, Trainer } from "../seams.ts";
import { inputSize, type LearningTask, outputSize } from "../task.ts";
import { createBatches, gatherRows } from "./batches.ts";
import { meanSquaredError, softmaxCrossEntropy, softmaxRows } from "./loss.ts";
import { createNetwork, denseLayers } from "./network.ts";
import type { PreparedData } from "./prepare.ts";
import { createTrainer, type LearningCore, type TrainerOptions } from "./trainer.ts";

/** Rows that are predicted at once: bounds the buffers, whatever the size of a data set. */
const PREDICT_ROWS = 256;

/**
 * A Trainer for tasks of kind softmax and mlp; see `createTrainer` for what its methods throw. It holds the
 * standardised examples and nothing else between calls.
 * @throws HearsayError ERR_ENGINE for another kind of model, ERR_DATA where a data set does not fit the task.
 */
export function createDenseTrainer(options: TrainerOptions): Trainer {
  return createTrainer(options, createDenseCore(options.task));
}

function createDenseCore(task: LearningTask): LearningCore {
  const { model, output } = task;
  if (model.kind !== "softmax" && model.kind !== "mlp") {
    throw new HearsayError(
      "ERR_ENGINE",
      `engine "dense" trains softmax and mlp models, not ${model.kind}; use engine "tensorflow" or "auto"`,
      { model: model.kind },
    );
  }
  const activation = model.kind === "mlp" ? model.activation : "relu";
  const layers = denseLayers(task.tensors);
  const inputWidth = inputSize(task);
  const outputWidth = outputSize(task);
  const targetWidth = output.kind === "classification" ? 1 : outputWidth;
  const loss = output.kind === "classification" ? softmaxCrossEntropy : meanSquaredError;

  function fit({ params: start, steps, seed }: FitRequest, train: PreparedData): FitResult {
    const { learningRate, momentum, batch } = task.training;
    const nextBatch = createBatches(train.length, batch, seed);
    const rows = Math.min(batch, train.length);
    const network = createNetwork(layers, activation, rows);
    const inputs = new Float32Array(rows * inputWidth);
    const targets = new Float32Array(rows * targetWidth);
    const gradient = new Float32Array(start.length);
    const velocity = new Float32Array(start.length);
    const params = start.slice();
    let lossSum = 0;
    for (let step = 0; step < steps; step++) {
      const indices = nextBatch();
      gatherRows(train.inputs, inputWidth, indices, inputs);
      gatherRows(train.targets, targetWidth, indices, targets);
      const outputs = network.forward(params, inputs, rows);
      lossSum += loss(outputs, targets, rows, outputWidth); // outputs hold their gradient from here on
      network.backward(params, outputs, gradient);
      descend(params, velocity, gradient, learningRate, momentum);
    }
    return { params, loss: lossSum / steps };
  }

  function predict(params: Float32Array, inputs: Float32Array): Float32Array {
    const rows = inputs.length / inputWidth;
    const predictions = new Float32Array(rows * outputWidth);
    const network = createNetwork(layers, activation, Math.min(rows, PREDICT_ROWS));
    for (let row = 0; row < rows; row += PREDICT_ROWS) {
      const count = Math.min(PREDICT_ROWS, rows - row);
      const outputs = network.forward(params, inputs.subarray(row * inputWidth, (row + count) * inputWidth), count);
      predictions.set(outputs.subarray(0, count * outputWidth), row * outputWidth);
    }
    if (output.kind === "classification") softmaxRows(predictions, rows, outputWidth);
    return predictions;
  }

  return { engine: "dense", fit, predict, close: () => {} };
}

/** v <- momentum v + g; x <- x - learningRate v. */
function descend(
  params: Float32Array,
  velocity: Float32Array,
  gradient: Float32Array,
  learningRate: number,
  momentum: number,
): void {
  for (let i = 0; i < params.length; i++) {
    const v = momentum * (velocity[i] as number) + (gradient[i] as number);
    velocity[i] = v;
    params[i] = (params[i] as number) - learningRate * v;
  }
}
