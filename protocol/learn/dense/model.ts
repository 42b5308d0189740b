/**
 * What the dense engine computes, in plain TypeScript: descent along the exact gradient, and predictions. It defines the
 * bits, `wasm.ts` computes the same ones faster, and a host without SIMD runs this.
 */
import type { FitResult } from "../../base/learning-seams.ts";
import { gatherRows } from "../data/batches.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { draw } from "./anchor.ts";
import { clipGradient } from "./clip.ts";
import { descend } from "./descend.ts";
import { softmaxCrossEntropy, softmaxRows, squaredError } from "./loss.ts";
import type { DenseLayer } from "./matrix.ts";
import { createNetwork } from "./network.ts";
import { fitPrivatelyInPlain } from "./private-model.ts";
import type { DenseModel, DenseShape, Descent } from "./shape.ts";

/** Rows that are predicted at once: bounds the buffers, whatever the size of a data set. */
const PREDICT_ROWS = 256;

export function createReferenceModel(shape: DenseShape, optimiser: Optimiser, maxGradientNorm?: number): DenseModel {
  const { layers, activation, loss } = shape;
  const inputWidth = (layers[0] as DenseLayer).inputs;
  const outputWidth = (layers.at(-1) as DenseLayer).outputs;
  const targetWidth = loss === "cross-entropy" ? 1 : outputWidth;
  const lossOf = loss === "cross-entropy" ? softmaxCrossEntropy : squaredError;

  function fit(start: Float32Array, data: PreparedData, descent: Descent): FitResult {
    const { order, rows, scalars, anchor } = descent;
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
      if (maxGradientNorm !== undefined) clipGradient(gradient, layers, maxGradientNorm);
      descend(optimiser, params, gradient, slots, [...scalars.subarray(step * perStep, (step + 1) * perStep)]);
      if (anchor !== undefined) draw(params, layers, anchor);
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

  return {
    fit,
    fitPrivately: (start, data, descent) => fitPrivatelyInPlain(shape, optimiser, start, data, descent),
    predict,
  };
}
