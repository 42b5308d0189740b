/**
 * The dense engine over its WebAssembly kernels. One memory serves all models of a process, and one instance all models
 * of the same layer sizes: calls are synchronous and leave nothing behind, so that thousands of peers cost their
 * parameters only. A call copies parameters and examples in and results out; steps run inside.
 *
 * The memory does not grow: where a call needs more, another takes its place. So no more address space is set aside than it has, and kernels
 * are compiled for its size (`WasmModule.pages`).
 */
import type { FitResult } from "../../base/seams.ts";
import { assemble, createMemory, hasSimd, instantiate, PAGE, type WasmMemory } from "../../base/wasm-module.ts";
import { gatherRows } from "../data/batches.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { type DenseExports, denseFunctions } from "./kernels.ts";
import { type Layout, LIST_SLACK, layOut, PACKING, PACKING_TABLE } from "./layout.ts";
import type { DenseLayer } from "./matrix.ts";
import type { DenseModel, DenseShape, Descent } from "./model.ts";

/** Examples that are in memory at a time, in bytes of inputs: with their lists they stay in a second-level cache. */
const MAX_INPUT_BYTES = 2 ** 18;

/** Larger models (90 million parameters) are left to TypeScript: addresses are of 32 bits. */
const MAX_BYTES = 2 ** 30;

let memory: WasmMemory | undefined;
let floats = new Float32Array(0);
let words = new Uint32Array(0);
/** Of this memory. */
const instances = new Map<string, DenseExports>();

/** A model, and the sizes that its calls need. */
interface Sizes {
  /** Models of one name have the same kernels. */
  readonly name: string;
  readonly layout: Layout;
  readonly optimiser: Optimiser;
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly targetWidth: number;
  /** Examples that are in memory at a time. */
  readonly maxRows: number;
}

/** Addresses of what goes with the examples of a call. */
interface Places {
  readonly inputs: number;
  readonly lists: number;
  readonly table: number;
  readonly targets: number;
  readonly order: number;
  /** Of the optimiser. */
  readonly scalars: number;
}

/** Undefined where there is no SIMD, or the model is too large. */
export function createWasmModel(shape: DenseShape, optimiser: Optimiser): DenseModel | undefined {
  if (!hasSimd()) return undefined;
  const layout = layOut(shape, optimiser.slots);
  if (layout.examples > MAX_BYTES) return undefined;
  const inputWidth = (shape.layers[0] as DenseLayer).inputs;
  const outputWidth = (shape.layers.at(-1) as DenseLayer).outputs;
  const sizes: Sizes = {
    name: `${optimiser.name} ${nameOf(shape)}`,
    layout,
    optimiser,
    inputWidth,
    outputWidth,
    targetWidth: shape.loss === "cross-entropy" ? 1 : outputWidth,
    maxRows: Math.max(1, Math.floor(MAX_INPUT_BYTES / (4 * inputWidth))),
  };
  return {
    fit: (params, data, descent) => fit(sizes, params, data, descent),
    predict: (params, inputs) => predict(sizes, params, inputs),
  };
}

function fit(sizes: Sizes, params: Float32Array, data: PreparedData, descent: Descent): FitResult {
  const { layout, maxRows, targetWidth } = sizes;
  const { order, rows, scalars } = descent;
  const steps = order.length / rows;
  const perStep = scalars.length / steps;
  // few examples go in once for all steps, of many only those that are drawn, several steps at a time
  const whole = data.length <= maxRows && data.length <= 2 * order.length;
  const stepsAtOnce = whole ? steps : Math.min(steps, Math.max(1, Math.floor(maxRows / rows)));
  const rowsAtOnce = whole ? data.length : stepsAtOnce * rows;
  const at = place(sizes, { rows: rowsAtOnce, indices: stepsAtOnce * rows, scalars: stepsAtOnce * perStep, params });
  const kernels = load(sizes, params);
  const gradient = (layout.params + layout.paramBytes) / 4;
  floats.fill(0, gradient, gradient + ((1 + layout.slots) * layout.paramBytes) / 4);
  const { table, targets } = at;
  let lossSum = 0;
  for (let step = 0; step < steps; step += stepsAtOnce) {
    const count = Math.min(stepsAtOnce, steps - step);
    const drawn = order.subarray(step * rows, (step + count) * rows);
    const listed = whole ? takeAll(at, data, order) : takeDrawn(sizes, at, data, drawn);
    kernels.list(at.inputs, listed, at.lists, table);
    floats.set(scalars.subarray(step * perStep, (step + count) * perStep), at.scalars / 4);
    lossSum = kernels.fit(at.order, count, rows, table, targets, at.scalars, rows * targetWidth, lossSum);
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

/** How much of everything a call has in memory at a time. */
interface Room {
  readonly rows: number;
  readonly indices: number;
  readonly scalars: number;
  readonly params: Float32Array;
}

/** Addresses of what goes with the examples; sees that the memory holds them, or the parameters there. */
function place(sizes: Sizes, { rows, indices, scalars: count, params }: Room): Places {
  const { layout, inputWidth, outputWidth, targetWidth } = sizes;
  const inputs = layout.examples;
  const lists = align(inputs + 4 * rows * inputWidth);
  const table = align(lists + 8 * rows * inputWidth + LIST_SLACK);
  const targets = align(table + 8 * rows);
  const order = align(targets + 4 * rows * Math.max(targetWidth, outputWidth));
  const scalars = align(order + 4 * indices);
  reserve(Math.max(align(scalars + 4 * count), layout.examples + 4 * params.length));
  return { inputs, lists, table, targets, order, scalars };
}

/** The kernels, with these parameters. Call it after `place`. */
function load({ name, layout, optimiser }: Sizes, params: Float32Array): DenseExports {
  const kernels = kernelsOf(name, layout, optimiser);
  floats.set(params, layout.examples / 4);
  kernels.load(layout.examples);
  return kernels;
}

/** Takes all examples in, and the order as it is; how many examples. */
function takeAll(at: Places, data: PreparedData, order: Uint32Array): number {
  floats.set(data.inputs, at.inputs / 4);
  floats.set(data.targets, at.targets / 4);
  words.set(order, at.order / 4);
  return data.length;
}

/** Takes the drawn examples in, one after the other; how many examples. */
function takeDrawn(
  { inputWidth, targetWidth }: Sizes,
  at: Places,
  { inputs, targets }: PreparedData,
  drawn: Uint32Array,
): number {
  gatherRows(inputs, inputWidth, drawn, floats.subarray(at.inputs / 4));
  gatherRows(targets, targetWidth, drawn, floats.subarray(at.targets / 4));
  for (let i = 0; i < drawn.length; i++) words[at.order / 4 + i] = i;
  return drawn.length;
}

function nameOf({ layers, activation, loss }: DenseShape): string {
  return [activation, loss, ...layers.map(({ inputs, outputs }) => `${inputs}x${outputs}`)].join(" ");
}

function kernelsOf(name: string, layout: Layout, optimiser: Optimiser): DenseExports {
  let kernels = instances.get(name);
  if (kernels !== undefined) return kernels;
  if (memory === undefined) throw new TypeError("no memory yet");
  const pages = floats.byteLength / PAGE;
  kernels = instantiate<DenseExports>(assemble({ functions: denseFunctions(layout, optimiser), pages }), memory);
  instances.set(name, kernels);
  return kernels;
}

/** Sees to a memory of `bytes` and a vector, which reading the end of a row may touch. */
function reserve(bytes: number): void {
  const missing = bytes + 16 - floats.byteLength;
  if (missing <= 0) return;
  memory = createMemory(1 << (32 - Math.clz32(Math.ceil((bytes + 16) / PAGE) - 1))); // a power of two
  floats = new Float32Array(memory.buffer);
  words = new Uint32Array(memory.buffer);
  new Uint8Array(memory.buffer).set(PACKING_TABLE, PACKING);
  instances.clear();
}

function align(address: number): number {
  return 16 * Math.ceil((address + 16) / 16);
}
