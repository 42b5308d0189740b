/** What is done with all parameters of a dense network, as WebAssembly: taken in, written back, and moved along the gradient. */

import { f32, f32x4, forLoop, i32, if_else, local, v128 } from "../../base/wasm-instructions.ts";
import type { WasmFunction } from "../../base/wasm-module.ts";
import { advance, define } from "./layer-kernels.ts";
import { type Layout, laneMask } from "./layout.ts";

/** One step of descent; leaves the gradient at 0. */
export function updateFunction({ params, paramBytes }: Layout): WasmFunction {
  return define("update", ["f32", "f32"], [], (fresh, learningRate, momentum) => {
    const [at, rate, keep, v] = [fresh("i32"), fresh("v128"), fresh("v128"), fresh("v128")];
    const address = local.get(at);
    const gradient = v128.load(address, paramBytes);
    const descend = [
      v128.store(address, f32x4.sub(v128.load(address), f32x4.mul(local.get(rate), local.get(v)))),
      v128.store(address, f32x4.const(0), paramBytes),
    ];
    const kept = f32x4.add(f32x4.mul(local.get(keep), v128.load(address, 2 * paramBytes)), gradient);
    return [
      local.set(rate, f32x4.splat(local.get(learningRate))),
      local.set(keep, f32x4.splat(local.get(momentum))),
      if_else(
        f32.eq(local.get(momentum), f32.const(0)),
        forLoop(at, i32.const(params), i32.const(params + paramBytes), 16, [local.set(v, gradient), descend]),
        forLoop(at, i32.const(params), i32.const(params + paramBytes), 16, [
          v128.store(address, local.tee(v, kept), 2 * paramBytes),
          descend,
        ]),
      ),
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
