/** Clipping of the gradient of a dense network as WebAssembly (`optimisers/clipping.ts`). `clip.ts` computes the same bits in plain TypeScript. */
import type { Code } from "../../base/wasm-code.ts";
import { f32, f32x4, f64, f64x2, forLoop, i32, if_else, local, shuffle, v128 } from "../../base/wasm-instructions.ts";
import type { WasmFunction } from "../../base/wasm-module.ts";
import { define } from "./layer-kernels.ts";
import { type LayerLayout, type Layout, laneMask } from "./layout.ts";

/** The upper half of a vector, twice. */
const UPPER: readonly number[] = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

/** Makes the gradient no longer than the bound. What lies in the padding of rows counts for nothing. */
export function clipFunction({ layers, params, paramBytes }: Layout, maxGradientNorm: number): WasmFunction {
  return define("clip", [], [], (fresh) => {
    const [at, row] = [fresh("i32"), fresh("i32")];
    const [held, wide, low, high] = [fresh("v128"), fresh("v128"), fresh("v128"), fresh("v128")];
    const [squared, factor] = [fresh("f64"), fresh("v128")];
    const addHalf = (to: number, half: Code) => [
      local.set(wide, f64x2.promote_low_f32x4(half)),
      local.set(to, f64x2.add(local.get(to), f64x2.mul(local.get(wide), local.get(wide)))),
    ];
    const addFour = (four: Code) => [
      local.set(held, four),
      addHalf(low, local.get(held)),
      addHalf(high, shuffle(UPPER, local.get(held), local.get(held))),
    ];
    const ofLayer = (layer: LayerLayout) => addRows(layer, { at, row, paramBytes, addFour });
    const both = (lane: number) => f64x2.extract_lane(lane, local.get(low));
    const bound = f64.const(maxGradientNorm);
    const isLonger = i32.and(
      f64.gt(local.get(squared), f64.const(maxGradientNorm * maxGradientNorm)),
      f64.lt(local.get(squared), f64.const(Number.POSITIVE_INFINITY)),
    );
    const gradient = v128.load(local.get(at), paramBytes);
    return [
      [low, high].map((half) => local.set(half, f64x2.const(0))),
      layers.map(ofLayer),
      local.set(low, f64x2.add(local.get(low), local.get(high))),
      local.set(squared, f64.add(both(0), both(1))),
      if_else(isLonger, [
        local.set(factor, f32x4.splat(f32.demote_f64(f64.div(bound, f64.sqrt(local.get(squared)))))),
        forLoop(at, i32.const(params), i32.const(params + paramBytes), 16, [
          v128.store(local.get(at), f32x4.mul(gradient, local.get(factor)), paramBytes),
        ]),
      ]),
    ];
  });
}

interface Rows {
  /** Locals. */
  readonly at: number;
  readonly row: number;
  readonly paramBytes: number;
  addFour(four: Code): Code;
}

/** All rows of a layer, from its first to that of the bias, which follows its kernel. */
function addRows({ inputs, outputs, stride, kernel }: LayerLayout, { at, row, paramBytes, addFour }: Rows): Code {
  const end = kernel + (inputs + 1) * stride;
  if (outputs % 4 === 0)
    return forLoop(at, i32.const(kernel), i32.const(end), 16, addFour(v128.load(local.get(at), paramBytes)));
  const last = v128.load(local.get(row), paramBytes + stride - 16);
  return forLoop(row, i32.const(kernel), i32.const(end), stride, [
    forLoop(at, local.get(row), i32.add(local.get(row), i32.const(stride - 16)), 16, [
      addFour(v128.load(local.get(at), paramBytes)),
    ]),
    addFour(v128.and(last, laneMask(outputs))),
  ]);
}
