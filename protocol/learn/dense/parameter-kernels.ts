/** What is done with all parameters of a dense network, as WebAssembly: taken in, written back, and moved by the optimiser. */

import type { Code } from "../../base/wasm-code.ts";
import { f32x4, forLoop, i32, local, v128 } from "../../base/wasm-instructions.ts";
import type { WasmFunction } from "../../base/wasm-module.ts";
import type { Arithmetic, Optimiser } from "../optimisers/optimiser.ts";
import { advance, define } from "./layer-kernels.ts";
import { type Layout, laneMask } from "./layout.ts";

const VECTORS: Arithmetic<Code> = { add: f32x4.add, mul: f32x4.mul, div: f32x4.div, sqrt: f32x4.sqrt };

/** Numbers that the optimiser takes in one step. */
export function scalarsOf(optimiser: Optimiser): number {
  return optimiser.scalars(1, 1).length;
}

/** One step of the optimiser, by its numbers at `scalars`; leaves the gradient at 0. */
export function updateFunction({ params, paramBytes, slots }: Layout, optimiser: Optimiser): WasmFunction {
  return define("update", ["i32"], [], (fresh, scalars) => {
    const [at, gradient] = [fresh("i32"), fresh("v128")];
    const given = Array.from({ length: scalarsOf(optimiser) }, () => fresh("v128"));
    const [before, after] = [0, 1].map(() => Array.from({ length: slots }, () => fresh("v128"))) as [
      number[],
      number[],
    ];
    const get = (locals: readonly number[]) => locals.map((one) => local.get(one));
    const address = local.get(at);
    const placeOf = (slot: number) => (2 + slot) * paramBytes;
    const advanced = optimiser.advance(VECTORS, local.get(gradient), get(before), get(given));
    const change = optimiser.change(VECTORS, local.get(gradient), get(after), get(given));
    return [
      given.map((one, i) => local.set(one, v128.load32_splat(local.get(scalars), 4 * i))),
      forLoop(at, i32.const(params), i32.const(params + paramBytes), 16, [
        local.set(gradient, v128.load(address, paramBytes)),
        before.map((one, slot) => local.set(one, v128.load(address, placeOf(slot)))),
        after.map((one, slot) => local.set(one, advanced[slot])),
        after.map((one, slot) => v128.store(address, local.get(one), placeOf(slot))),
        v128.store(address, f32x4.sub(v128.load(address), change)),
        v128.store(address, f32x4.const(0), paramBytes),
      ]),
    ];
  });
}

/** Takes the parameters in from their flat order at `flat`, and pads them. */
export function loadFunction({ layers }: Layout): WasmFunction {
  return define("load", ["i32"], [], (fresh, flat) => {
    const [at, k] = [fresh("i32"), fresh("i32")];
    return [
      layers.map(({ inputs, outputs, stride, vectors, kernel }) =>
        // the bias follows its kernel here and there, as one more row
        forLoop(at, i32.const(kernel), i32.const(kernel + (inputs + 1) * stride), stride, [
          forLoop(k, i32.const(0), i32.const(16 * vectors), 16, [
            v128.store(i32.add(local.get(at), local.get(k)), v128.load(i32.add(local.get(flat), local.get(k)))),
          ]),
          outputs % 4 === 0
            ? []
            : v128.store(
                local.get(at),
                v128.and(v128.load(local.get(at), stride - 16), laneMask(outputs)),
                stride - 16,
              ),
          advance(flat, 4 * outputs),
        ]),
      ),
    ];
  });
}

/** Writes them back to `flat`. Row by row, in order: the padding of a row is overwritten by the next. */
export function unloadFunction({ layers }: Layout): WasmFunction {
  return define("unload", ["i32"], [], (fresh, flat) => {
    const [at, k] = [fresh("i32"), fresh("i32")];
    return layers.map(({ inputs, outputs, stride, kernel }) =>
      forLoop(at, i32.const(kernel), i32.const(kernel + (inputs + 1) * stride), stride, [
        forLoop(k, i32.const(0), i32.const(stride), 16, [
          v128.store(i32.add(local.get(flat), local.get(k)), v128.load(i32.add(local.get(at), local.get(k)))),
        ]),
        advance(flat, 4 * outputs),
      ]),
    );
  });
}
