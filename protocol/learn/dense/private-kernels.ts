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
  f64x2,
  forLoop,
  i32,
  if_else,
  local,
  loop,
  shuffle,
  v128,
} from "../../base/wasm-instructions.ts";
import type { WasmFunction } from "../../base/wasm-module.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import {
  type Add,
  addParts,
  bounds,
  type DenseExports,
  type FunctionNumbers,
  i32s,
  listFunction,
  listRowFunction,
  listStart,
  lossFunction,
  passForward,
  targetOf,
} from "./kernels.ts";
import { advance, define, type Fresh, roundedBackwardFunction } from "./layer-kernels.ts";
import { type LayerLayout, type Layout, laneMask } from "./layout.ts";
import { loadFunction, unloadFunction } from "./parameter-kernels.ts";

/** What the module exports; see `DenseExports`. */
export interface PrivateExports extends Pick<DenseExports, "load" | "unload" | "list"> {
  /**
   * Adds to the gradient what the `rows` examples whose numbers stand at `order` give, each cut to `threshold` and rounded by `rounder`.
   * Returns the sum of their losses.
   */
  accumulate(order: number, rows: number, table: number, targets: number, threshold: number, rounder: number): number;
  /** The gradient becomes `noised(gradient, noise)`; the noise lies at `noise` in the flat order of the parameters, as float64. */
  addNoise(noise: number, perUnit: number, share: number): void;
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
  add(addNoiseFunction(layout));
  return functions;
}

/** Numbers of functions, one a layer. */
interface Clipping {
  readonly squared: readonly number[];
  readonly scale: readonly number[];
  readonly backward: readonly number[];
}

/**
 * Squared norm of the gradient of a layer in the example at hand; parameters: start and end of the list of its inputs. Squares are added four at a time, and
 * those that are left over after them: `squares` of private-model.ts.
 */
function squaredNormFunction(name: string, layer: LayerLayout): WasmFunction {
  return define(name, i32s(2), ["f64"], (fresh, start, end) => {
    const [inputs, deltas] = [fresh("f64"), fresh("f64")];
    const at = fresh("i32");
    const pairs = (offset: number) => v128.load(local.get(at), offset);
    const deltasEnd = 4 * layer.outputs;
    return [
      local.set(at, local.get(start)),
      squares(
        { at, end: local.get(end), bytes: 8, sum: inputs },
        shuffle(VALUES_OF_PAIRS, pairs(0), pairs(16)),
        f32.load(local.get(at), 4),
        fresh,
      ),
      local.set(at, i32.const(0)),
      squares(
        { at, end: i32.const(deltasEnd), bytes: 4, sum: deltas },
        v128.load(local.get(at), layer.delta),
        f32.load(local.get(at), layer.delta),
        fresh,
      ),
      f64.mul(f64.add(local.get(inputs), f64.const(1)), local.get(deltas)), // 1: the bias
    ];
  });
}

/** The second number of each of four pairs, of two vectors. */
const VALUES_OF_PAIRS: readonly number[] = [4, 12, 20, 28].flatMap((byte) => [byte, byte + 1, byte + 2, byte + 3]);
/** The upper half of a vector, twice; the lower halves of two. */
const UPPER: readonly number[] = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const LOWER_HALVES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

interface Run {
  /** Local that goes from where it stands to `end`, in steps of `bytes` a number. */
  readonly at: number;
  readonly end: Code;
  readonly bytes: number;
  /** Local that gets the sum of squares. */
  readonly sum: number;
}

/** `four` are the next four numbers as a vector, `one` is the next of them. */
function squares({ at, end, bytes, sum }: Run, four: Code, one: Code, fresh: Fresh): Code {
  const [held, low, high] = [fresh("v128"), fresh("v128"), fresh("v128")];
  const [wide, single] = [fresh("v128"), fresh("f64")];
  const add = (to: number, half: Code) => [
    local.set(wide, f64x2.promote_low_f32x4(half)),
    local.set(to, f64x2.add(local.get(to), f64x2.mul(local.get(wide), local.get(wide)))),
  ];
  const hasFour = i32.le_u(i32.add(local.get(at), i32.const(4 * bytes)), end);
  const hasOne = i32.lt_u(local.get(at), end);
  const both = (lane: number) => f64x2.extract_lane(lane, local.get(low));
  return [
    [low, high].map((half) => local.set(half, f64x2.const(0))),
    block(
      br_if(0, i32.eqz(hasFour)),
      loop(
        local.set(held, four),
        add(low, local.get(held)),
        add(high, shuffle(UPPER, local.get(held), local.get(held))),
        advance(at, 4 * bytes),
        br_if(0, hasFour),
      ),
    ),
    local.set(low, f64x2.add(local.get(low), local.get(high))),
    local.set(sum, f64.add(both(0), both(1))),
    block(
      br_if(0, i32.eqz(hasOne)),
      loop(
        local.set(single, f64.promote_f32(one)),
        local.set(sum, f64.add(local.get(sum), f64.mul(local.get(single), local.get(single)))),
        advance(at, bytes),
        br_if(0, hasOne),
      ),
    ),
  ];
}

/** Multiplies the deltas of a layer. */
function scaleFunction(name: string, layer: LayerLayout): WasmFunction {
  return define(name, ["f32"], [], (fresh, factor) => {
    const at = fresh("i32");
    const scaled = f32x4.mul(v128.load(local.get(at), layer.delta), f32x4.splat(local.get(factor)));
    return forLoop(at, i32.const(0), i32.const(layer.stride), 16, v128.store(local.get(at), scaled, layer.delta));
  });
}

function accumulateFunction(parts: FunctionNumbers, loss: number, clipping: Clipping): WasmFunction {
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

function squaredNorm({ layout }: FunctionNumbers, { squared }: Clipping, ends: readonly number[], start: number): Code {
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

/** Row by row, for the gradient lies in rows that are padded; the padding gets 0. */
function addNoiseFunction({ layers, paramBytes }: Layout): WasmFunction {
  return define("addNoise", ["i32", "f64", "f64"], [], (fresh, noise, perUnit, share) => {
    const [at, rowEnd, held] = [fresh("i32"), fresh("i32"), fresh("v128")];
    const [units, shares] = [fresh("v128"), fresh("v128")];
    const half = (part: Code, offset: number) => {
      const sum = f64x2.mul(f64x2.promote_low_f32x4(part), local.get(units));
      const noisy = f64x2.add(sum, v128.load(local.get(noise), offset));
      return f32x4.demote_f64x2_zero(f64x2.mul(noisy, local.get(shares)));
    };
    const four = (mask?: Code) => {
      const all = shuffle(
        LOWER_HALVES,
        half(local.get(held), 0),
        half(shuffle(UPPER, local.get(held), local.get(held)), 16),
      );
      return [
        local.set(held, v128.load(local.get(at), paramBytes)),
        v128.store(local.get(at), mask === undefined ? all : v128.and(all, mask), paramBytes),
        advance(at, 16),
      ];
    };
    const oneRow = ({ outputs, stride, vectors }: LayerLayout) => [
      local.set(rowEnd, i32.add(local.get(at), i32.const(stride - 16))),
      block(
        br_if(0, i32.eqz(i32.lt_u(local.get(at), local.get(rowEnd)))),
        loop(four(), advance(noise, 32), br_if(0, i32.lt_u(local.get(at), local.get(rowEnd)))),
      ),
      four(laneMask(outputs)),
      advance(noise, 8 * (outputs - 4 * (vectors - 1))),
    ];
    return [
      local.set(units, f64x2.splat(local.get(perUnit))),
      local.set(shares, f64x2.splat(local.get(share))),
      layers.map((layer) => {
        const end = i32.const(layer.kernel + (layer.inputs + 1) * layer.stride); // the bias follows its kernel, as one more row
        const more = i32.lt_u(local.get(at), end);
        return [local.set(at, i32.const(layer.kernel)), loop(oneRow(layer), br_if(0, more))];
      }),
    ];
  });
}
