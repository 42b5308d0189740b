/**
 * The dense engine over its WebAssembly kernels. One memory serves all models of a process, and one instance all models
 * of the same layer sizes: calls are synchronous and leave nothing behind, so that thousands of peers cost their
 * parameters only. A call copies parameters and examples in and results out; steps run inside (private ones: `wasm-private.ts`).
 */
import type { FitResult } from "../../base/learning-seams.ts";
import { hasSimd } from "../../base/wasm-module.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { drawInMemory } from "./anchor.ts";
import { type DenseExports, denseFunctions } from "./kernels.ts";
import { layOut } from "./layout.ts";
import type { DenseLayer } from "./matrix.ts";
import type { DenseModel, DenseShape, Descent } from "./shape.ts";
import {
  clearState,
  floats,
  kernelsNamed,
  type Places,
  place,
  type Sizes,
  takeDrawn,
  takeExamples,
  words,
} from "./wasm-memory.ts";
import { fitPrivately } from "./wasm-private.ts";

/** Examples that are in memory at a time, in bytes of inputs: with their lists they stay in a second-level cache. */
const MAX_INPUT_BYTES = 2 ** 18;

/** Larger models (90 million parameters) are left to TypeScript: addresses are of 32 bits. */
const MAX_BYTES = 2 ** 30;

/** Undefined where there is no SIMD, or the model is too large. */
export function createWasmModel(
  shape: DenseShape,
  optimiser: Optimiser,
  maxGradientNorm?: number,
): DenseModel | undefined {
  if (!hasSimd()) return undefined;
  const layout = layOut(shape, optimiser.slots);
  if (layout.examples > MAX_BYTES) return undefined;
  const inputWidth = (shape.layers[0] as DenseLayer).inputs;
  const outputWidth = (shape.layers.at(-1) as DenseLayer).outputs;
  const sizes: Sizes = {
    name: `${optimiser.name} ${nameOf(shape)}`,
    maxGradientNorm,
    layout,
    optimiser,
    inputWidth,
    outputWidth,
    targetWidth: shape.loss === "cross-entropy" ? 1 : outputWidth,
    maxRows: Math.max(1, Math.floor(MAX_INPUT_BYTES / (4 * inputWidth))),
  };
  return {
    fit: (params, data, descent) => fit(sizes, shape.layers, params, data, descent),
    fitPrivately: (params, data, descent) => fitPrivately(sizes, params, data, descent),
    predict: (params, inputs) => predict(sizes, params, inputs),
  };
}

function fit(
  sizes: Sizes,
  layers: readonly DenseLayer[],
  params: Float32Array,
  data: PreparedData,
  descent: Descent,
): FitResult {
  const { layout, maxRows, targetWidth } = sizes;
  const { order, rows, scalars, anchor } = descent;
  const steps = order.length / rows;
  const perStep = scalars.length / steps;
  // few examples go in once for all steps, of many only those that are drawn, several steps at a time
  const whole = data.length <= maxRows && data.length <= 2 * order.length;
  const stepsAtOnce = whole ? steps : Math.min(steps, Math.max(1, Math.floor(maxRows / rows)));
  const rowsAtOnce = whole ? data.length : stepsAtOnce * rows;
  const at = place(sizes, { rows: rowsAtOnce, indices: stepsAtOnce * rows, scalars: stepsAtOnce * perStep, params });
  const kernels = load(sizes, params);
  clearState(layout);
  const { table, targets } = at;
  const stepsOfCall = anchor === undefined ? stepsAtOnce : 1; // between two steps the model is drawn to another
  let lossSum = 0;
  for (let step = 0; step < steps; step += stepsAtOnce) {
    const count = Math.min(stepsAtOnce, steps - step);
    const drawn = order.subarray(step * rows, (step + count) * rows);
    const listed = whole ? takeAll(at, data, order) : takeDrawn(sizes, at, data, drawn);
    kernels.list(at.inputs, listed, at.lists, table);
    floats.set(scalars.subarray(step * perStep, (step + count) * perStep), at.scalars / 4);
    for (let done = 0; done < count; done += stepsOfCall) {
      const [from, given] = [at.order + 4 * done * rows, at.scalars + 4 * done * perStep];
      const together = Math.min(stepsOfCall, count - done);
      lossSum = kernels.fit(from, together, rows, table, targets, given, rows * targetWidth, lossSum);
      if (anchor !== undefined) drawInMemory(floats, layers, layout.layers, anchor);
    }
  }
  kernels.unload(layout.examples);
  const from = layout.examples / 4;
  return { params: floats.slice(from, from + params.length), loss: lossSum / (order.length * targetWidth) };
}

function predict(sizes: Sizes, params: Float32Array, inputs: Float32Array): Float32Array {
  const { inputWidth, outputWidth, maxRows } = sizes;
  const rows = inputs.length / inputWidth;
  const predictions = new Float32Array(rows * outputWidth);
  const atOnce = Math.min(rows, maxRows);
  const at = place(sizes, { rows: atOnce, indices: 4, scalars: 0, params });
  const kernels = load(sizes, params);
  for (let row = 0; row < rows; row += atOnce) {
    const count = Math.min(atOnce, rows - row);
    floats.set(inputs.subarray(row * inputWidth, (row + count) * inputWidth), at.inputs / 4);
    kernels.list(at.inputs, count, at.lists, at.table);
    kernels.predict(count, at.table, at.targets);
    const from = at.targets / 4;
    predictions.set(floats.subarray(from, from + count * outputWidth), row * outputWidth);
  }
  return predictions;
}

/** The kernels, with these parameters. Call it after `place`. */
function load({ name, layout, optimiser, maxGradientNorm }: Sizes, params: Float32Array): DenseExports {
  const clipped = maxGradientNorm === undefined ? name : `${name} to ${maxGradientNorm}`; // the bound stands in the code
  const kernels = kernelsNamed<DenseExports>(clipped, () => denseFunctions(layout, optimiser, maxGradientNorm));
  floats.set(params, layout.examples / 4);
  kernels.load(layout.examples);
  return kernels;
}

/** Takes all examples in, and the order as it is; how many examples. */
function takeAll(at: Places, data: PreparedData, order: Uint32Array): number {
  takeExamples(at, data);
  words.set(order, at.order / 4);
  return data.length;
}

function nameOf({ layers, activation, loss }: DenseShape): string {
  return [activation, loss, ...layers.map(({ inputs, outputs }) => `${inputs}x${outputs}`)].join(" ");
}
