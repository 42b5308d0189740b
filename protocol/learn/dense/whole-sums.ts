/**
 * Sums of products of whole numbers of 8 bits, in 32 bits: what a dense layer of int8 computes. They are exact, so that the WebAssembly and its plain
 * definition agree to the bit, in whatever order they add.
 */
import { forLoop, i16x8, i32, i32x4, local, v128 } from "../../base/wasm-instructions.ts";
import { assemble, createMemory, hasSimd, instantiate, PAGE } from "../../base/wasm-module.ts";
import type { Quantised } from "../smaller.ts";
import { define } from "./layer-kernels.ts";
import type { DenseLayer } from "./matrix.ts";

/** So many products of 127 and -128 fit into 32 bits. */
export const MOST_INPUTS: number = Math.floor((2 ** 31 - 1) / (127 * 128));

/** Bytes of a vector: rows are filled up to whole ones with 0. */
const VECTOR = 16;

/** The layers of one model, with their weights. */
export interface WholeSums {
  /** Of one row of inputs, -127 to 127: for each output of layer `index` the sum of input by weight; valid until the next call. */
  of(index: number, row: Int8Array): Int32Array;
}

type Size = Pick<DenseLayer, "inputs" | "outputs">;

/** The definition. @param kernels of each layer, inputs x outputs, row-major; they are read at each call. */
export function plainSums(layers: readonly Size[], kernels: readonly Pick<Quantised, "whole">[]): WholeSums {
  const sums = new Int32Array(Math.max(...layers.map(({ outputs }) => outputs)));
  return {
    of(index, row) {
      const { inputs, outputs } = layers[index] as Size;
      const { whole } = kernels[index] as Quantised;
      sums.fill(0);
      for (let i = 0; i < inputs; i++) {
        const value = row[i] as number;
        if (value === 0) continue;
        for (let j = 0; j < outputs; j++) sums[j] = (sums[j] as number) + value * (whole[i * outputs + j] as number);
      }
      return sums.subarray(0, outputs);
    },
  };
}

interface SumExports {
  /** Addresses of a row, of the weights of its layer (one line an output) and of the sums; bytes of a line, and lines. */
  sums(row: number, weights: number, to: number, bytes: number, lines: number): void;
}

const sumsFunction = define(
  "sums",
  ["i32", "i32", "i32", "i32", "i32"],
  [],
  (fresh, row, weights, to, bytes, lines) => {
    const [line, at, x, w, sum] = [fresh("i32"), fresh("i32"), fresh("v128"), fresh("v128"), fresh("v128")];
    const vectorAt = (from: number) => v128.load(i32.add(local.get(from), local.get(at)));
    const [values, factors] = [local.get(x), local.get(w)];
    const pairs = i32x4.add(
      i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_low_i8x16_s(values, factors)),
      i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_high_i8x16_s(values, factors)),
    );
    const lane = (index: number) => i32x4.extract_lane(index, local.get(sum));
    return forLoop(line, i32.const(0), local.get(lines), 1, [
      local.set(sum, i32x4.const(0)),
      forLoop(at, i32.const(0), local.get(bytes), VECTOR, [
        local.set(x, vectorAt(row)),
        local.set(w, vectorAt(weights)),
        local.set(sum, i32x4.add(local.get(sum), pairs)),
      ]),
      i32.store(local.get(to), i32.add(i32.add(lane(0), lane(1)), i32.add(lane(2), lane(3)))),
      local.set(to, i32.add(local.get(to), i32.const(4))),
      local.set(weights, i32.add(local.get(weights), local.get(bytes))),
    ]);
  },
);

/**
 * The same in WebAssembly, 16 products at a time. It holds the weights, one byte each, in a memory of its own.
 * Undefined where the host has no SIMD.
 */
export function wasmSums(layers: readonly Size[], kernels: readonly Pick<Quantised, "whole">[]): WholeSums | undefined {
  if (!hasSimd()) return undefined;
  const lines = layers.map(({ inputs }) => inVectors(inputs));
  const sumsAt = Math.max(...lines);
  let end = sumsAt + inVectors(4 * Math.max(...layers.map(({ outputs }) => outputs)));
  const places = layers.map(({ outputs }, index) => {
    const place = end;
    end += outputs * (lines[index] as number);
    return place;
  });
  const memory = createMemory(Math.ceil(end / PAGE));
  const bytes = new Int8Array(memory.buffer);
  const sums = new Int32Array(memory.buffer, sumsAt);
  for (const [index, { inputs, outputs }] of layers.entries()) {
    const { whole } = kernels[index] as Quantised;
    for (let j = 0; j < outputs; j++) {
      const line = (places[index] as number) + j * (lines[index] as number);
      for (let i = 0; i < inputs; i++) bytes[line + i] = whole[i * outputs + j] as number;
    }
  }
  const kernel = instantiate<SumExports>(assemble({ functions: [sumsFunction] }), memory);
  return {
    of(index, row) {
      const { outputs } = layers[index] as Size;
      const line = lines[index] as number;
      bytes.set(row, 0);
      bytes.fill(0, row.length, line);
      kernel.sums(0, places[index] as number, sumsAt, line, outputs);
      return sums.subarray(0, outputs);
    },
  };
}

function inVectors(bytes: number): number {
  return VECTOR * Math.ceil(bytes / VECTOR);
}
