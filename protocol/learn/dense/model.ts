/**
 * What the dense engine computes, in plain TypeScript: descent along the exact gradient, and predictions. It defines the
 * bits, `wasm.ts` computes the same ones faster, and a host without SIMD runs this.
 */
import type { FitResult } from "../../base/seams.ts";
import type { Activation } from "../../base/task.ts";
import { gatherRows } from "../data/batches.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { Arithmetic, Optimiser } from "../optimisers/optimiser.ts";
import { type LossName, softmaxCrossEntropy, softmaxRows, squaredError } from "./loss.ts";
import type { DenseLayer } from "./matrix.ts";
import { createNetwork } from "./network.ts";

/** A stack of dense layers under a loss; with cross-entropy, predictions are the softmax of what the stack puts out. */
export interface DenseShape {
  readonly layers: readonly DenseLayer[];
  readonly activation: Activation;
  readonly loss: LossName;
}

export interface Descent {
  /** What the optimiser takes in each step (`Optimiser.scalars`), step after step. */
  readonly scalars: Float32Array;
  /** Examples of each step, step after step: `rows` of them each. */
  readonly order: Uint32Array;
  readonly rows: number;
}

/** Arrays handed over are not changed; those returned are new. */
export interface DenseModel {
  /** `loss` is the mean over the steps, each before its step. */
  fit(params: Float32Array, data: PreparedData, descent: Descent): FitResult;
  /** One row of predictions per row of `inputs`. */
  predict(params: Float32Array, inputs: Float32Array): Float32Array;
}

/** Rows that are predicted at once: bounds the buffers, whatever the size of a data set. */
const PREDICT_ROWS = 256;

export function createReferenceModel({ layers, activation, loss }: DenseShape, optimiser: Optimiser): DenseModel {
  const inputWidth = (layers[0] as DenseLayer).inputs;
  const outputWidth = (layers.at(-1) as DenseLayer).outputs;
  const targetWidth = loss === "cross-entropy" ? 1 : outputWidth;
  const lossOf = loss === "cross-entropy" ? softmaxCrossEntropy : squaredError;

  function fit(start: Float32Array, data: PreparedData, descent: Descent): FitResult {
    const { order, rows, scalars } = descent;
    const perStep = (scalars.length * rows) / order.length;
    const network = createNetwork(layers, activation, rows);
    const inputs = new Float32Array(rows * inputWidth);
    const targets = new Float32Array(rows * targetWidth);
    const gradient = new Float32Array(start.length);
    const slots = Array.from({ length: optimiser.slots }, () => new Float32Array(start.length));
    const params = start.slice();
    let lossSum = 0;
    for (let next = 0, step = 0; next < order.length; next += rows, step++) {
      const indices = order.subarray(next, next + rows);
      gatherRows(data.inputs, inputWidth, indices, inputs);
      gatherRows(data.targets, targetWidth, indices, targets);
      const outputs = network.forward(params, inputs, rows);
      lossSum += lossOf(outputs, targets, rows, outputWidth); // outputs hold their gradient from here on
      network.backward(params, outputs, gradient);
      descend(optimiser, params, gradient, slots, [...scalars.subarray(step * perStep, (step + 1) * perStep)]);
    }
    return { params, loss: lossSum / (order.length * targetWidth) };
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
    if (loss === "cross-entropy") softmaxRows(predictions, rows, outputWidth);
    return predictions;
  }

  return { fit, predict };
}

const FLOAT32: Arithmetic<number> = {
  add: (a, b) => Math.fround(a + b),
  mul: (a, b) => Math.fround(a * b),
  div: (a, b) => Math.fround(a / b),
  sqrt: (a) => Math.fround(Math.sqrt(a)),
};

/** One step of the optimiser, number by number. */
function descend(
  { advance, change }: Optimiser,
  params: Float32Array,
  gradient: Float32Array,
  slots: readonly Float32Array[],
  scalars: readonly number[],
): void {
  for (let i = 0; i < params.length; i++) {
    const g = gradient[i] as number;
    const after = advance(
      FLOAT32,
      g,
      slots.map((slot) => slot[i] as number),
      scalars,
    );
    for (const [k, slot] of slots.entries()) slot[i] = after[k] as number;
    params[i] = (params[i] as number) - change(FLOAT32, g, after, scalars);
  }
}
