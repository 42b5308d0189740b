/**
 * Private steps of a dense network as WebAssembly: the sum of clipped gradients, without the gradient of any single example ("ghost clipping", Goodfellow 2015,
 * Li et al. 2022). The gradient of an example with respect to a layer is the product of its inputs a and its deltas g, so
 *
 *     |gradient|^2 = sum over layers of  |g|^2 (|a|^2 + 1)
 *
 * and scaling the deltas scales the gradient. `private-model.ts` computes the same bits in plain TypeScript.
 */
import type { Code } from "../../base/wasm-code.ts";
import {
  block,
  br_if,
  call,
  f32,
  f32x4,
  f64,
  forLoop,
  i32,
  if_else,
  local,
  loop,
  v128,
} from "../../base/wasm-instructions.ts";
import type { WasmFunction } from "../../base/wasm-module.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import {
  type Add,
  addParts,
  bounds,
  type DenseExports,
  i32s,
  listFunction,
  listRowFunction,
  listStart,
  lossFunction,
  type Parts,
  passForward,
  targetOf,
} from "./kernels.ts";
import { advance, define, roundedBackwardFunction } from "./layer-kernels.ts";
import type { LayerLayout, Layout } from "./layout.ts";
import { loadFunction, unloadFunction } from "./parameter-kernels.ts";

/** What the module exports; see `DenseExports`. */
export interface PrivateExports extends Pick<DenseExports, "load" | "unload" | "list"> {
  /**
   * Adds to the gradient what the `rows` examples whose numbers stand at `order` give, each cut to `threshold` and rounded by `rounder`.
   * Returns the sum of their losses.
   */
  accumulate(order: number, rows: number, table: number, targets: number, threshold: number, rounder: number): number;
  /** One step of the optimiser along the gradient, which is 0 then. */
  update(scalars: number): void;
}

export function privateFunctions(layout: Layout, optimiser: Optimiser): WasmFunction[] {
  const functions: WasmFunction[] = [];
  const add: Add = (made) => functions.push(made) - 1;
  const parts = addParts(add, layout, optimiser);
  const listRow = add(listRowFunction(layout));
  add(loadFunction(layout));
  add(unloadFunction(layout));
  add(listFunction(layout, listRow));
  const { layers, paramBytes } = layout;
  const loss = add(lossFunction(layout, layers.at(-1) as LayerLayout));
  const clipping: Clipping = {
    squared: layers.map((layer, l) => add(squaredNormFunction(`squaredNorm${l}`, layer))),
    scale: layers.map((layer, l) => add(scaleFunction(`scale${l}`, layer))),
    backward: layers.map((layer, l) => add(roundedBackwardFunction(`roundedBackward${l}`, layer, paramBytes))),
  };
  add(accumulateFunction(parts, loss, clipping));
  return functions;
}

/** Numbers of functions, one a layer. */
interface Clipping {
  readonly squared: readonly number[];
  readonly scale: readonly number[];
  readonly backward: readonly number[];
}

/** Squared norm of the gradient of a layer in the example at hand; parameters: start and end of the list of its inputs. */
function squaredNormFunction(name: string, layer: LayerLayout): WasmFunction {
  return define(name, i32s(2), ["f64"], (fresh, start, end) => {
    const [at, inputs, deltas, one] = [fresh("i32"), fresh("f64"), fresh("f64"), fresh("f64")];
    const add = (sum: number, value: Code) => [
      local.set(one, f64.promote_f32(value)),
      local.set(sum, f64.add(local.get(sum), f64.mul(local.get(one), local.get(one)))),
    ];
    const more = i32.lt_u(local.get(start), local.get(end));
    return [
      local.set(inputs, f64.const(1)), // the bias
      local.set(deltas, f64.const(0)),
      block(
        br_if(0, i32.eqz(more)),
        loop(add(inputs, f32.load(local.get(start), 4)), advance(start, 8), br_if(0, more)),
      ),
      forLoop(at, i32.const(0), i32.const(4 * layer.outputs), 4, add(deltas, f32.load(local.get(at), layer.delta))),
      f64.mul(local.get(inputs), local.get(deltas)),
    ];
  });
}

/** Multiplies the deltas of a layer. */
function scaleFunction(name: string, layer: LayerLayout): WasmFunction {
  return define(name, ["f32"], [], (fresh, factor) => {
    const at = fresh("i32");
    const scaled = f32x4.mul(v128.load(local.get(at), layer.delta), f32x4.splat(local.get(factor)));
    return forLoop(at, i32.const(0), i32.const(layer.stride), 16, v128.store(local.get(at), scaled, layer.delta));
  });
}

function accumulateFunction(parts: Parts, loss: number, clipping: Clipping): WasmFunction {
  return define("accumulate", [...i32s(4), "f64", "f32"], ["f64"], (fresh, ...params) => {
    const [order, rows, table, targets] = params as [number, number, number, number];
    const [threshold, rounder] = params.slice(4) as [number, number];
    const [row, example, start] = [fresh("i32"), fresh("i32"), fresh("i32")];
    const [lossSum, squared] = [fresh("f64"), fresh("f64")];
    const ends = parts.layout.layers.map(() => fresh("i32"));
    const targetWidth = parts.layout.loss === "cross-entropy" ? 1 : (parts.layout.layers.at(-1) as LayerLayout).outputs;
    const exampleLoss = call(loss, targetOf(parts.layout, targets, example), f32.const(targetWidth));
    const hasNorm = f64.lt(local.get(squared), f64.const(Number.POSITIVE_INFINITY));
    return [
      forLoop(row, i32.const(0), local.get(rows), 1, [
        local.set(example, i32.load(local.get(order))),
        advance(order, 4),
        bounds(table, example, start, ends[0] as number),
        passForward(parts, ends, start),
        local.set(lossSum, f64.add(local.get(lossSum), exampleLoss)),
        parts.inputGradient.map((one) => call(one)).toReversed(),
        local.set(squared, squaredNorm(parts, clipping, ends, start)),
        if_else(hasNorm, [
          cut(clipping, threshold, squared, fresh("f32")),
          parts.layout.layers.map((layer, l) =>
            call(
              clipping.backward[l] as number,
              listStart(layer, l, start),
              local.get(ends[l] as number),
              local.get(rounder),
            ),
          ),
        ]),
      ]),
      local.get(lossSum),
    ];
  });
}

function squaredNorm({ layout }: Parts, { squared }: Clipping, ends: readonly number[], start: number): Code {
  return layout.layers
    .map((layer, l): Code => call(squared[l] as number, listStart(layer, l, start), local.get(ends[l] as number)))
    .reduce((sum, one) => f64.add(sum, one));
}

/** Scales all deltas where the norm is above the threshold. */
function cut({ scale }: Clipping, threshold: number, squared: number, factor: number): Code {
  const limit = f64.mul(local.get(threshold), local.get(threshold));
  return if_else(f64.gt(local.get(squared), limit), [
    local.set(factor, f32.demote_f64(f64.div(local.get(threshold), f64.sqrt(local.get(squared))))),
    scale.map((one) => call(one, local.get(factor))),
  ]);
}
