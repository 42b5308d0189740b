/**
 * Predictions of a dense model whose weights are of 8 bits, computed in 8 bits: no weight is ever a float. The inputs of each layer are rounded to
 * whole numbers too, row by row, by a scale of their own (dynamic quantisation); sums are of 32 bits; scale, bias and activation are float32.
 */
import { HearsayError } from "../../base/errors.ts";
import type { Trainer } from "../../base/learning-seams.ts";
import { type LearningTask, outputSize } from "../../base/task.ts";
import { type Quantised, quantise } from "../smaller.ts";
import { createTrainer, type LearningCore, type TrainerOptions } from "../trainer.ts";
import { softmaxRows } from "./loss.ts";
import { activate, denseLayers } from "./network.ts";
import { MOST_INPUTS, plainSums, wasmSums } from "./whole-sums.ts";

/** A layer of it. */
export interface Int8Layer {
  /** Inputs x outputs, row-major. */
  readonly kernel: Quantised;
  readonly bias: Float32Array;
}

export interface Int8Options extends TrainerOptions {
  /** Of the task's tensors, in their order. */
  readonly layers: readonly Int8Layer[];
  /** Plain TypeScript though there is SIMD: the same predictions, slower. */
  readonly plain?: boolean;
}

/** Whether a task has such predictions: a softmax or an mlp, no layer of which has so many inputs that 32 bits do not hold a sum. */
export function hasInt8({ model, tensors }: LearningTask): boolean {
  if (model.kind !== "softmax" && model.kind !== "mlp") return false;
  return denseLayers(tensors).every(({ inputs }) => inputs <= MOST_INPUTS);
}

const BITS = 8;
const fround = Math.fround;

/**
 * Evaluates and predicts, without parameters: the model is its own (`NO_PARAMS`). It does not train.
 * @throws RangeError unless `hasInt8`. @throws HearsayError ERR_DATA where a data set does not fit the task.
 */
export function createInt8Trainer({ layers, plain = false, ...options }: Int8Options): Trainer {
  const { task } = options;
  if (!hasInt8(task)) throw new RangeError("no model of this task is computed in 8 bits");
  return createTrainer(options, int8Core(task, layers, plain));
}

/** What is asked with. */
export const NO_PARAMS: Float32Array = new Float32Array(0);

function int8Core(task: LearningTask, given: readonly Int8Layer[], plain: boolean): LearningCore {
  const { model, output } = task;
  const sizes = denseLayers(task.tensors);
  const kernels = given.map(({ kernel }) => kernel);
  const sums = (plain ? undefined : wasmSums(sizes, kernels)) ?? plainSums(sizes, kernels);
  const layers = given.map(({ kernel: { scale }, bias }) => ({ scale, bias })); // the weights are in `sums` now
  const activation = model.kind === "mlp" ? model.activation : "relu";
  const [inputWidth, outputWidth] = [sizes[0]?.inputs ?? 0, outputSize(task)];

  /** Of one row. */
  function outputs(inputs: Float32Array): Float32Array {
    let row = inputs;
    for (const [index, { scale, bias }] of layers.entries()) {
      const rounded = quantise(row, BITS);
      const step = fround(rounded.scale * scale);
      row = Float32Array.from(sums.of(index, rounded.whole), (sum, j) => fround(sum * step) + (bias[j] as number));
      if (index < layers.length - 1) activate(activation, row, row.length);
    }
    return row;
  }

  return {
    engine: "int8",
    numParams: 0,
    fit() {
      throw new HearsayError("ERR_ENGINE", "a model of int8 predicts and does not train");
    },
    predict(_, inputs) {
      const rows = inputs.length / inputWidth;
      const predictions = new Float32Array(rows * outputWidth);
      for (let row = 0; row < rows; row++)
        predictions.set(outputs(inputs.subarray(row * inputWidth, (row + 1) * inputWidth)), row * outputWidth);
      if (output.kind === "classification") softmaxRows(predictions, rows, outputWidth);
      return predictions;
    },
    close() {},
  };
}
