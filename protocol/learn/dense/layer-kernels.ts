/**
 * The passes of one example through one dense layer as WebAssembly, emitted for its exact size: the arithmetic of
 * `matrix.ts` and `network.ts`, four outputs to a vector, hence the same bits (a lane holds one output, and its sum runs
 * in the same order).
 *
 * A sum over inputs runs over the list of those that are not 0 (see `layout.ts`), with up to `BLOCK` vectors of
 * outputs in registers. Cost: about 4 cycles per input that is not 0 and 12 outputs forward, 5 backward.
 */
import type { Activation } from "../../base/task.ts";
import type { Code, ValueType } from "../../base/wasm-code.ts";
import {
  block,
  br_if,
  f32x4,
  forLoop,
  i32,
  i32x4,
  local,
  loop,
  shuffle,
  swizzle,
  v128,
} from "../../base/wasm-instructions.ts";
import type { WasmFunction } from "../../base/wasm-module.ts";
import { TANH_SCRATCH, tanh } from "./elementary-kernels.ts";
import { type LayerLayout, laneMask, PACKING } from "./layout.ts";

/** Vectors that a loop keeps in registers; x86-64 has 16, and a product and its factor need two. */
const BLOCK = 8;

/** Takes one more local. */
export type Fresh = (type: ValueType) => number;

/** A function whose locals are taken as they are needed. */
export function define(
  name: string,
  params: readonly ValueType[],
  results: readonly ValueType[],
  write: (fresh: Fresh, ...params: number[]) => Code,
): WasmFunction {
  const locals: ValueType[] = [];
  const fresh: Fresh = (type) => params.length + locals.push(type) - 1;
  const body = write(fresh, ...params.keys());
  return { name, params, results, locals, body };
}

/** outputs = bias + sum over the list of value x weights; parameters: start and end of the list. */
export function forwardFunction(name: string, layer: LayerLayout): WasmFunction {
  return define(name, ["i32", "i32"], [], (fresh, start, end) => {
    const [at, x] = [fresh("i32"), fresh("v128")];
    const sums = Array.from({ length: Math.min(BLOCK, layer.vectors) }, () => fresh("v128"));
    return inBlocks(layer, fresh, (offset, count) => {
      const held = sums.slice(0, count);
      return [
        held.map((sum, k) => local.set(sum, v128.load(offset, layer.bias + 16 * k))),
        alongList(start, end, fresh, at, x, offset, () =>
          held.map((sum, k) =>
            local.set(sum, f32x4.add(local.get(sum), f32x4.mul(local.get(x), v128.load(local.get(at), 16 * k)))),
          ),
        ),
        held.map((sum, k) => v128.store(offset, local.get(sum), layer.output + 16 * k)),
      ];
    });
  });
}

/** Adds value x delta to the gradient of the weights in the list, and delta to that of the bias. */
export function backwardFunction(name: string, layer: LayerLayout, toGradient: number): WasmFunction {
  return define(name, ["i32", "i32"], [], (fresh, start, end) =>
    backwardBody(layer, toGradient, fresh, [start, end], (by) => by),
  );
}

/** The same, with each number that is added rounded to the grid of a third parameter (`PrivateArithmetic.rounder`). */
export function roundedBackwardFunction(name: string, layer: LayerLayout, toGradient: number): WasmFunction {
  return define(name, ["i32", "i32", "f32"], [], (fresh, start, end, given) => {
    const rounder = fresh("v128");
    const held = local.get(rounder);
    return [
      local.set(rounder, f32x4.splat(local.get(given))),
      backwardBody(layer, toGradient, fresh, [start, end], (by) => f32x4.sub(f32x4.add(by, held), held)),
    ];
  });
}

function backwardBody(
  layer: LayerLayout,
  toGradient: number,
  fresh: Fresh,
  [start, end]: readonly [number, number],
  changed: (by: Code) => Code,
): Code {
  const [at, x] = [fresh("i32"), fresh("v128")];
  const deltas = Array.from({ length: Math.min(BLOCK, layer.vectors) }, () => fresh("v128"));
  const increase = (address: Code, offset: number, by: Code) =>
    v128.store(address, f32x4.add(v128.load(address, offset), changed(by)), offset);
  return inBlocks(layer, fresh, (offset, count) => {
    const held = deltas.slice(0, count);
    return [
      held.map((delta, k) => local.set(delta, v128.load(offset, layer.delta + 16 * k))),
      held.map((delta, k) => increase(offset, toGradient + layer.bias + 16 * k, local.get(delta))),
      alongList(start, end, fresh, at, x, offset, () =>
        held.map((delta, k) => increase(local.get(at), toGradient + 16 * k, f32x4.mul(local.get(x), local.get(delta)))),
      ),
    ];
  });
}

/** The body once for each block of vectors; `offset` is that of the block in a row, in bytes. */
function inBlocks(layer: LayerLayout, fresh: Fresh, body: (offset: Code, count: number) => Code): Code {
  const whole = Math.floor(layer.vectors / BLOCK);
  const rest = layer.vectors % BLOCK;
  const tail = rest === 0 ? [] : body(i32.const(16 * BLOCK * whole), rest);
  if (whole === 0) return tail;
  if (whole === 1) return [body(i32.const(0), BLOCK), tail];
  const offset = fresh("i32");
  return [
    forLoop(offset, i32.const(0), i32.const(16 * BLOCK * whole), 16 * BLOCK, body(local.get(offset), BLOCK)),
    tail,
  ];
}

/** For each pair of a list: `at` becomes the address of its weights, plus `offset`, and `x` its value in all lanes. */
function alongList(
  start: number,
  end: number,
  fresh: Fresh,
  at: number,
  x: number,
  offset: Code,
  body: () => Code,
): Code {
  const pair = fresh("i32");
  const more = i32.lt_u(local.get(pair), local.get(end));
  return [
    local.set(pair, local.get(start)),
    block(
      br_if(0, i32.eqz(more)),
      loop(
        local.set(x, v128.load32_splat(local.get(pair), 4)),
        local.set(at, i32.add(i32.load(local.get(pair)), offset)),
        body(),
        advance(pair, 8),
        br_if(0, more),
      ),
    ),
  ];
}

/** Activates the outputs of `layer` in place and lists them as the inputs of `next`; returns the end of the list. */
export function activateFunction(
  name: string,
  layer: LayerLayout,
  next: LayerLayout,
  activation: Activation,
): WasmFunction {
  return define(name, [], ["i32"], (fresh) => {
    const [at, to] = [fresh("i32"), fresh("i32")];
    const value = v128.load(local.get(at), layer.output);
    let active: Code;
    if (activation === "tanh") {
      const scratch = Array.from({ length: TANH_SCRATCH }, () => fresh("v128"));
      active = tanh(value, scratch);
    } else active = v128.andnot(value, f32x4.lt(value, f32x4.const(0)));
    return [
      forLoop(at, i32.const(0), i32.const(layer.stride), 16, v128.store(local.get(at), active, layer.output)),
      local.set(to, i32.const(next.list)),
      listInputs(next, i32.const(layer.output), to, fresh),
    ];
  });
}

/**
 * Lists the inputs at address `from` that are not 0, to the address in local `to`, which is left on the stack. No branch
 * depends on the inputs: four pairs are written each time, those that count first, and the next four go over the rest.
 */
export function listInputs(layer: LayerLayout, from: Code, to: number, fresh: Fresh): Code {
  const { inputs, stride, kernel } = layer;
  const [source, mask, at] = [fresh("i32"), fresh("i32"), fresh("i32")];
  const [values, weights, addresses, packing] = [fresh("v128"), fresh("v128"), fresh("v128"), fresh("v128")];
  const whole = 4 * Math.floor(inputs / 4);
  const four = (lanes: number): Code => [
    local.set(values, v128.load(i32.add(local.get(source), local.get(at)))),
    local.set(mask, i32x4.bitmask(f32x4.ne(local.get(values), f32x4.const(0)))),
    lanes === 4 ? [] : local.set(mask, i32.and(local.get(mask), i32.const((1 << lanes) - 1))),
    local.set(packing, v128.load(i32.shl(local.get(mask), i32.const(4)), PACKING)),
    local.set(values, swizzle(local.get(values), local.get(packing))),
    local.set(addresses, swizzle(local.get(weights), local.get(packing))),
    v128.store(local.get(to), shuffle(LOW_PAIRS, local.get(addresses), local.get(values))),
    v128.store(local.get(to), shuffle(HIGH_PAIRS, local.get(addresses), local.get(values)), 16),
    local.set(to, i32.add(local.get(to), i32.shl(i32.popcnt(local.get(mask)), i32.const(3)))),
  ];
  return [
    local.set(source, from),
    local.set(weights, i32x4.const(...[0, 1, 2, 3].map((row) => kernel + row * stride))),
    forLoop(at, i32.const(0), i32.const(4 * whole), 16, [
      four(4),
      local.set(weights, i32x4.add(local.get(weights), i32x4.const(4 * stride))),
    ]),
    inputs === whole ? [] : four(inputs - whole),
    local.get(to),
  ];
}

/** (a0 b0 a1 b1) and (a2 b2 a3 b3), of numbers of 4 bytes; and the halves of two vectors. */
const LOW_PAIRS: readonly number[] = words(0, 4, 1, 5);
const HIGH_PAIRS: readonly number[] = words(2, 6, 3, 7);
const LOW_HALVES: readonly number[] = words(0, 1, 4, 5);
const HIGH_HALVES: readonly number[] = words(2, 3, 6, 7);

function words(...picks: number[]): number[] {
  return picks.flatMap((pick) => [4 * pick, 4 * pick + 1, 4 * pick + 2, 4 * pick + 3]);
}

/**
 * Gradient with respect to the outputs of `layer` before activation, from that of `next`: four of them at a time, as
 * products of next's delta with four rows of its weights.
 */
export function inputGradientFunction(
  name: string,
  layer: LayerLayout,
  next: LayerLayout,
  activation: Activation,
): WasmFunction {
  return define(name, [], [], (fresh) => {
    const [at, weights, k] = [fresh("i32"), fresh("i32"), fresh("i32")];
    const [delta, y] = [fresh("v128"), fresh("v128")];
    const sums = [0, 1, 2, 3].map(() => fresh("v128")) as [number, number, number, number];
    const held = next.vectors <= BLOCK ? Array.from({ length: next.vectors }, () => fresh("v128")) : [];
    const accumulate = (factor: Code, address: Code, offset: number, mask?: Code): Code =>
      sums.map((sum, row) => {
        const product = f32x4.mul(factor, v128.load(address, offset + row * next.stride));
        return local.set(sum, f32x4.add(local.get(sum), mask === undefined ? product : v128.and(product, mask)));
      });
    const tail = laneMask(next.outputs);
    const lastVector = next.stride - 16;
    const products =
      held.length > 0
        ? held.map((vector, n) =>
            accumulate(local.get(vector), local.get(weights), 16 * n, n + 1 === next.vectors ? tail : undefined),
          )
        : [
            forLoop(k, i32.const(0), i32.const(lastVector), 16, [
              local.set(delta, v128.load(local.get(k), next.delta)),
              accumulate(local.get(delta), i32.add(local.get(weights), local.get(k)), 0),
            ]),
            local.set(delta, v128.load(i32.const(lastVector), next.delta)),
            accumulate(local.get(delta), local.get(weights), lastVector, tail),
          ];
    const toLast = i32.const(layer.stride - 16);
    return [
      held.map((vector, n) => local.set(vector, v128.load(i32.const(16 * n), next.delta))),
      local.set(weights, i32.const(next.kernel)),
      forLoop(at, i32.const(0), i32.const(layer.stride), 16, [
        sums.map((sum) => local.set(sum, f32x4.const(0))),
        products,
        addLanes(sums, delta),
        local.set(y, v128.load(local.get(at), layer.output)),
        local.set(delta, throughActivation(activation, local.get(delta), local.get(y))),
        v128.store(local.get(at), local.get(delta), layer.delta),
        advance(weights, 4 * next.stride),
      ]),
      v128.store(toLast, v128.and(v128.load(toLast, layer.delta), laneMask(layer.outputs)), layer.delta),
    ];
  });
}

/** Sets lane i of `to` to the sum of the lanes of `sums[i]`, (l0 + l2) + (l1 + l3), as sumLanes adds them: two sums interleaved at a time. */
function addLanes(sums: readonly [number, number, number, number], to: number): Code {
  const [a, b, c, d] = sums.map((sum) => local.get(sum)) as [Code, Code, Code, Code];
  const [ab, cd] = [sums[0], sums[2]];
  return [
    local.set(to, f32x4.add(shuffle(LOW_PAIRS, a, b), shuffle(HIGH_PAIRS, a, b))),
    local.set(cd, f32x4.add(shuffle(LOW_PAIRS, c, d), shuffle(HIGH_PAIRS, c, d))),
    local.set(ab, local.get(to)),
    local.set(
      to,
      f32x4.add(shuffle(LOW_HALVES, local.get(ab), local.get(cd)), shuffle(HIGH_HALVES, local.get(ab), local.get(cd))),
    ),
  ];
}

/** The gradient before the activation, from that behind it and the outputs y. */
function throughActivation(activation: Activation, delta: Code, y: Code): Code {
  return activation === "tanh"
    ? f32x4.mul(delta, f32x4.sub(f32x4.const(1), f32x4.mul(y, y)))
    : v128.andnot(delta, f32x4.le(y, f32x4.const(0)));
}

export function advance(index: number, by: number): Code {
  return local.set(index, i32.add(local.get(index), i32.const(by)));
}
