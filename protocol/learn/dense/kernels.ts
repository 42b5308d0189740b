/**
 * Training and prediction of a dense network as WebAssembly, emitted for its exact layer sizes. Examples go one by one
 * through forward and backward pass, which changes the order of no sum; the layers are in `layer-kernels.ts`, the losses
 * in `loss-kernels.ts`, what is done with all parameters in `parameter-kernels.ts`.
 */
import type { Code, ValueType } from "../../base/wasm-code.ts";
import { call, f64, forLoop, i32, local, v128 } from "../../base/wasm-instructions.ts";
import type { WasmFunction } from "../../base/wasm-module.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { clipFunction } from "./clip-kernels.ts";
import {
  activateFunction,
  advance,
  backwardFunction,
  define,
  forwardFunction,
  inputGradientFunction,
  listInputs,
} from "./layer-kernels.ts";
import type { LayerLayout, Layout } from "./layout.ts";
import { crossEntropyBody, softmaxBody, squaredErrorBody } from "./loss-kernels.ts";
import { loadFunction, scalarsOf, unloadFunction, updateFunction } from "./parameter-kernels.ts";

/** What the module exports. Addresses in bytes; parameters lie in the flat order of the task at `flat`. */
export interface DenseExports {
  /** Takes the parameters in. The gradient must be 0 before a fit, and the state of the optimiser too. */
  load(flat: number): void;
  unload(flat: number): void;
  /**
   * Lists the inputs that are not 0 of `rows` examples at `from`. The lists go to `lists`, start and end of each to
   * `table`.
   */
  list(from: number, rows: number, lists: number, table: number): void;
  /**
   * `steps` steps on batches of `rows` examples, whose numbers stand at `order`, by the optimiser's numbers at `scalars`. Gradients are divided by
   * `count`.
   * Returns lossSum + the sum of the losses of all examples.
   */
  fit(
    order: number,
    steps: number,
    rows: number,
    table: number,
    targets: number,
    scalars: number,
    count: number,
    lossSum: number,
  ): number;
  /** Predictions for `rows` examples, row after row, and up to 12 bytes of rubbish behind. */
  predict(rows: number, table: number, to: number): void;
}

/** The numbers of the functions that a fit or a prediction calls, and of what they are made. */
export interface FunctionNumbers {
  readonly layout: Layout;
  /** One a layer. */
  readonly forward: readonly number[];
  readonly backward: readonly number[];
  /** One a layer but the last: from its outputs to the inputs of the next. */
  readonly activate: readonly number[];
  readonly inputGradient: readonly number[];
  readonly update: number;
  /** Where gradients are clipped. */
  readonly clip?: number | undefined;
  /** Bytes of what it takes in one step. */
  readonly scalarBytes: number;
}

/** Adds a function to the module; its number there. */
export type Add = (made: WasmFunction) => number;

export function denseFunctions(layout: Layout, optimiser: Optimiser, maxGradientNorm?: number): WasmFunction[] {
  const functions: WasmFunction[] = [];
  const add: Add = (made) => functions.push(made) - 1;
  const last = layout.layers.at(-1) as LayerLayout;
  const parts = addParts(add, layout, optimiser);
  const listRow = add(listRowFunction(layout));
  add(loadFunction(layout));
  add(unloadFunction(layout));
  add(listFunction(layout, listRow));
  const loss = add(lossFunction(layout, last));
  const clip = maxGradientNorm === undefined ? undefined : add(clipFunction(layout, maxGradientNorm));
  add(fitFunction({ ...parts, clip }, loss));
  const probabilities =
    layout.loss === "cross-entropy"
      ? add(define("probabilities", [], [], (fresh) => softmaxBody(last, fresh)))
      : undefined;
  add(predictFunction(parts, probabilities));
  return functions;
}

export function addParts(add: Add, layout: Layout, optimiser: Optimiser): FunctionNumbers {
  const { layers, activation, paramBytes } = layout;
  const hidden = layers.slice(1).map((next, l) => ({ layer: layers[l] as LayerLayout, next, l }));
  return {
    layout,
    forward: layers.map((layer, l) => add(forwardFunction(`forward${l}`, layer))),
    backward: layers.map((layer, l) => add(backwardFunction(`backward${l}`, layer, paramBytes))),
    activate: hidden.map(({ layer, next, l }) => add(activateFunction(`activate${l}`, layer, next, activation))),
    inputGradient: hidden.map(({ layer, next, l }) =>
      add(inputGradientFunction(`inputGradient${l}`, layer, next, activation)),
    ),
    update: add(updateFunction(layout, optimiser)),
    scalarBytes: 4 * scalarsOf(optimiser),
  };
}

export function listRowFunction({ layers }: Layout): WasmFunction {
  return define("listRow", ["i32", "i32"], ["i32"], (fresh, from, to) =>
    listInputs(layers[0] as LayerLayout, local.get(from), to, fresh),
  );
}

export function listFunction({ layers }: Layout, listRow: number): WasmFunction {
  return define("list", i32s(4), [], (fresh, from, rows, to, table) => {
    const row = fresh("i32");
    return forLoop(row, i32.const(0), local.get(rows), 1, [
      i32.store(local.get(table), local.get(to)),
      local.set(to, call(listRow, local.get(from), local.get(to))),
      i32.store(local.get(table), local.get(to), 4),
      advance(from, 4 * (layers[0] as LayerLayout).inputs),
      advance(table, 8),
    ]);
  });
}

export function lossFunction({ loss }: Layout, last: LayerLayout): WasmFunction {
  const bodyOf = loss === "cross-entropy" ? crossEntropyBody : squaredErrorBody;
  return define("loss", ["i32", "f32"], ["f64"], (fresh, target, count) => bodyOf(last, target, count, fresh));
}

function fitFunction(parts: FunctionNumbers, loss: number): WasmFunction {
  return define("fit", [...i32s(6), "f32", "f64"], ["f64"], (fresh, ...params) => {
    const [order, steps, rows, table, targets, scalars, count, lossSum] = params as [
      ...[number, number, number, number],
      ...[number, number, number, number],
    ];
    const [step, row, example, start] = [fresh("i32"), fresh("i32"), fresh("i32"), fresh("i32")];
    const stepLoss = fresh("f64");
    const ends = parts.layout.layers.map(() => fresh("i32"));
    const exampleLoss = call(loss, targetOf(parts.layout, targets, example), local.get(count));
    return [
      forLoop(step, i32.const(0), local.get(steps), 1, [
        local.set(stepLoss, f64.const(0)),
        forLoop(row, i32.const(0), local.get(rows), 1, [
          local.set(example, i32.load(local.get(order))),
          advance(order, 4),
          bounds(table, example, start, ends[0] as number),
          passForward(parts, ends, start),
          local.set(stepLoss, f64.add(local.get(stepLoss), exampleLoss)),
          passBackward(parts, ends, start),
        ]),
        parts.clip === undefined ? [] : call(parts.clip),
        call(parts.update, local.get(scalars)),
        advance(scalars, parts.scalarBytes),
        local.set(lossSum, f64.add(local.get(lossSum), local.get(stepLoss))),
      ]),
      local.get(lossSum),
    ];
  });
}

/** Address of the target of an example. */
export function targetOf({ loss, layers }: Layout, targets: number, example: number): Code {
  const targetBytes = loss === "cross-entropy" ? 4 : 4 * (layers.at(-1) as LayerLayout).outputs;
  return i32.add(local.get(targets), i32.mul(local.get(example), i32.const(targetBytes)));
}

/** Through all layers; `ends[l]` is the local that gets the end of layer l's list, `start` that with the start of the first. */
export function passForward(
  { layout, forward, activate }: FunctionNumbers,
  ends: readonly number[],
  start: number,
): Code {
  return layout.layers.map((layer, l) => [
    call(forward[l] as number, listStart(layer, l, start), local.get(ends[l] as number)),
    l + 1 < ends.length ? local.set(ends[l + 1] as number, call(activate[l] as number)) : [],
  ]);
}

function passBackward(
  { layout, backward, inputGradient }: FunctionNumbers,
  ends: readonly number[],
  start: number,
): Code {
  return layout.layers
    .map((layer, l) => [
      call(backward[l] as number, listStart(layer, l, start), local.get(ends[l] as number)),
      l > 0 ? call(inputGradient[l - 1] as number) : [],
    ])
    .toReversed();
}

/** Examples have their lists where the table says, the other layers each in a place of its own. */
export function listStart({ list }: LayerLayout, l: number, start: number): Code {
  return l === 0 ? local.get(start) : i32.const(list);
}

function predictFunction(parts: FunctionNumbers, probabilities: number | undefined): WasmFunction {
  const { layout } = parts;
  const last = layout.layers.at(-1) as LayerLayout;
  return define("predict", i32s(3), [], (fresh, rows, table, to) => {
    const [row, start] = [fresh("i32"), fresh("i32")];
    const ends = layout.layers.map(() => fresh("i32"));
    const from = probabilities === undefined ? last.output : last.delta;
    return forLoop(row, i32.const(0), local.get(rows), 1, [
      bounds(table, row, start, ends[0] as number),
      passForward(parts, ends, start),
      probabilities === undefined ? [] : call(probabilities),
      copyVectors(to, from, last.vectors, fresh("i32")),
      advance(to, 4 * last.outputs),
    ]);
  });
}

export function i32s(count: number): ValueType[] {
  return new Array<ValueType>(count).fill("i32");
}

function copyVectors(to: number, from: number, vectors: number, k: number): Code {
  return forLoop(k, i32.const(0), i32.const(16 * vectors), 16, [
    v128.store(i32.add(local.get(to), local.get(k)), v128.load(local.get(k), from)),
  ]);
}

/** start and end of the list of an example, from the table. */
export function bounds(table: number, example: number, start: number, end: number): Code {
  const entry = i32.add(local.get(table), i32.shl(local.get(example), i32.const(3)));
  return [local.set(start, i32.load(entry)), local.set(end, i32.load(entry, 4))];
}
