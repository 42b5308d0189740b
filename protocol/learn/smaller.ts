/**
 * A finished model made smaller, for devices that only predict: fewer bits a weight, weights that are zero, layers with fewer units.
 * Biases and other tensors of rank 1 stay as they are: they are few, and errors in them add up in every row.
 */
import { HearsayError } from "../base/errors.ts";
import type { Task, TensorSpec } from "../base/task.ts";
import { builtInTensors, tensorSlices } from "./tensors.ts";

/** A value is `whole[i] * scale`. */
export interface Quantised {
  readonly whole: Int8Array;
  /** A float32, above 0. */
  readonly scale: number;
}

/**
 * One scale for all values, none shifted: the largest becomes 2^(bits - 1) - 1, and each goes to the nearest whole number.
 * @param bits of a value, 2 to 8.
 * @example
 * import { quantise } from "hearsay/protocol/learn/smaller";
 * quantise(Float32Array.of(1, -0.25, 0), 8).whole // -> [127, -32, 0]
 */
export function quantise(values: Float32Array, bits: number): Quantised {
  const most = (1 << (bits - 1)) - 1;
  const scale = Math.fround(values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / most) || 1;
  return {
    whole: Int8Array.from(values, (value) => Math.max(-most, Math.min(most, Math.round(value / scale)))),
    scale,
  };
}

/**
 * The values that are left of what was quantised.
 * @example
 * import { dequantise } from "hearsay/protocol/learn/smaller";
 * dequantise({ whole: Int8Array.of(2, -4), scale: 0.5 }) // -> [1, -2]
 */
export function dequantise({ whole, scale }: Quantised): Float32Array {
  return Float32Array.from(whole, (value) => value * scale);
}

/** What a model becomes that is stored with so many bits a weight and read again. */
export function roundedTo(bits: number, params: Float32Array, tensors: readonly TensorSpec[]): Float32Array {
  return mapWeights(params, tensors, (weights) => dequantise(quantise(weights, bits)));
}

/**
 * Of each tensor of rank 2 and more this share of the weights is zero, the smallest; of equal ones the first (magnitude pruning, Han et al. 2015).
 * @param share 0 to below 1.
 */
export function pruned(share: number, params: Float32Array, tensors: readonly TensorSpec[]): Float32Array {
  return mapWeights(params, tensors, (weights) => {
    const order = Array.from(weights.keys()).sort((a, b) => size(weights, a) - size(weights, b) || a - b);
    const kept = weights.slice();
    for (const index of order.slice(0, Math.round(share * weights.length))) kept[index] = 0;
    return kept;
  });
}

function size(values: Float32Array, index: number): number {
  return Math.abs(values[index] as number);
}

function mapWeights(
  params: Float32Array,
  tensors: readonly TensorSpec[],
  change: (weights: Float32Array) => Float32Array,
): Float32Array {
  const changed = params.slice();
  for (const { shape, offset, length } of tensorSlices(tensors))
    if (shape.length > 1) changed.set(change(params.subarray(offset, offset + length)), offset);
  return changed;
}

/** A model of fewer units, and the task that has such tensors: another one, which no peer learns. */
export interface Thinned {
  readonly task: Task;
  readonly params: Float32Array;
}

/**
 * An mlp without this share of the units of each hidden layer, but with one at least: those go first whose weights in have the smallest norm, times
 * that of the weights out (structured pruning by norm, Li et al. 2017).
 * @param share 0 to below 1.
 * @throws HearsayError ERR_CONFIG for another kind of model.
 */
export function thinned(share: number, params: Float32Array, task: Task): Thinned {
  const { model } = task;
  if (model.kind !== "mlp")
    throw new HearsayError(
      "ERR_CONFIG",
      `a model of kind ${model.kind} has no hidden units to leave out: only an mlp has`,
    );
  const slices = tensorSlices(task.tensors);
  const kernels = slices.filter(({ shape }) => shape.length > 1);
  const matrices = kernels.map(({ shape: [rows = 0, columns = 0], offset, length }) => {
    return { rows, columns, values: params.subarray(offset, offset + length) };
  });
  const kept = model.hidden.map((units, layer) => {
    const norms = Array.from({ length: units }, (_, unit) => {
      return normOf(columnOf(matrices[layer] as Matrix, unit)) * normOf(rowOf(matrices[layer + 1] as Matrix, unit));
    });
    const count = Math.max(1, units - Math.round(share * units));
    const order = [...norms.keys()].sort((a, b) => (norms[b] as number) - (norms[a] as number) || a - b);
    return order.slice(0, count).sort((a, b) => a - b);
  });
  const parts = matrices.flatMap((matrix, layer) => {
    const bias = slices[2 * layer + 1];
    const biases = params.subarray(bias?.offset, (bias?.offset ?? 0) + (bias?.length ?? 0));
    const ins = kept[layer - 1] ?? range(matrix.rows);
    const outs = kept[layer] ?? range(matrix.columns);
    const kernel = ins.flatMap((row) => outs.map((column) => matrix.values[row * matrix.columns + column] as number));
    return [...kernel, ...outs.map((column) => biases[column] as number)];
  });
  const smaller = { ...model, hidden: kept.map(({ length }) => length) };
  const tensors = builtInTensors(smaller, [matrices[0]?.rows ?? 0], matrices.at(-1)?.columns ?? 0) as TensorSpec[];
  return { task: { ...task, model: smaller, tensors }, params: Float32Array.from(parts) };
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

function columnOf({ rows, columns, values }: Matrix, column: number): number[] {
  return range(rows).map((row) => values[row * columns + column] as number);
}

function rowOf({ columns, values }: Matrix, row: number): number[] {
  return [...values.subarray(row * columns, (row + 1) * columns)];
}

function normOf(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
