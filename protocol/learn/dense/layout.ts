/**
 * Where the numbers of a dense network lie in WebAssembly memory while it is trained. Rows of weights and of activations
 * are padded to whole vectors of four float32. What lies in the padding never reaches a number outside it.
 *
 *     packing | parameters | gradient | state of the optimiser | per layer: outputs, their gradient, list of inputs | examples
 *
 * A list names the inputs of a layer that are not 0: pairs (address of the weights of that input, its value), 8 bytes
 * each. Gradient and state of a weight lie at fixed distances from it, so that one address serves for all.
 */
import type { Activation } from "../../base/task.ts";
import type { Code } from "../../base/wasm-code.ts";
import { i32x4 } from "../../base/wasm-instructions.ts";
import type { LossName } from "./loss.ts";
import type { DenseShape } from "./shape.ts";

export interface LayerLayout {
  readonly inputs: number;
  readonly outputs: number;
  /** Vectors of four that hold the outputs. */
  readonly vectors: number;
  /** Bytes of one row of weights, 16 x vectors. */
  readonly stride: number;
  /** Addresses in bytes, all multiples of 16. */
  readonly kernel: number;
  readonly bias: number;
  readonly output: number;
  readonly delta: number;
  /** Of its inputs, where they are the outputs of a layer; those of the first come with the examples. */
  readonly list: number;
}

export interface Layout {
  readonly layers: readonly LayerLayout[];
  readonly activation: Activation;
  readonly loss: LossName;
  readonly params: number;
  /** Bytes of the parameters, and the distance to the gradient, and from there to each state vector. */
  readonly paramBytes: number;
  /** Vectors of the optimiser's state. */
  readonly slots: number;
  /** First address after all this. */
  readonly examples: number;
}

/** Bytes behind a list that are overwritten. */
export const LIST_SLACK = 32;

/** Address of the table below, the same for all networks. */
export const PACKING = 0;

/** For each of 16 masks: which bytes of a vector bring the lanes in the mask to its front, in order. */
export const PACKING_TABLE: Uint8Array = Uint8Array.from({ length: 256 }, (_, at) => {
  const lanes = [0, 1, 2, 3].filter((lane) => ((at >> 4) >> lane) & 1);
  return 4 * (lanes[(at >> 2) & 3] ?? 0) + (at & 3);
});

/** @param slots vectors of the optimiser's state. */
export function layOut({ layers, activation, loss }: DenseShape, slots: number): Layout {
  let end = PACKING + PACKING_TABLE.length;
  const reserve = (bytes: number): number => {
    const start = end;
    end += 16 * Math.ceil(bytes / 16);
    return start;
  };
  const params = end;
  const weights = layers.map(({ inputs, outputs }) => {
    const vectors = Math.ceil(outputs / 4);
    const stride = 16 * vectors;
    return { inputs, outputs, vectors, stride, kernel: reserve(inputs * stride), bias: reserve(stride) };
  });
  const paramBytes = end - params;
  reserve((1 + slots) * paramBytes);
  const placed = weights.map((layer) => ({
    ...layer,
    output: reserve(layer.stride),
    delta: reserve(layer.stride),
    list: reserve(8 * layer.inputs + LIST_SLACK),
  }));
  return { layers: placed, activation, loss, params, paramBytes, slots, examples: end };
}

/** All bits in the lanes of the last vector that hold outputs, none in the padding. */
export function laneMask(outputs: number): Code {
  const used = outputs % 4 === 0 ? 4 : outputs % 4;
  return i32x4.const(...[0, 1, 2, 3].map((lane) => (lane < used ? -1 : 0)));
}
