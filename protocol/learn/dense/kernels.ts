/**
 * Training and prediction of a dense network as WebAssembly, emitted for its exact layer sizes. Examples go one by one
 * through forward and backward pass, which changes the order of no sum; the layers are in `layer-kernels.ts`, the losses
 * in `loss-kernels.ts`.
 */
import type { Code, ValueType, WasmFunction } from "../../base/wasm-module.ts";
import { call, f32, f32x4, f64, forLoop, i32, if_else, local, v128 } from "../../base/wasm-module.ts";
import {
  activateFunction,
  advance,
  backwardFunction,
  define,
  type Fresh,
  forwardFunction,
  inputGradientFunction,
  listInputs,
} from "./layer-kernels.ts";
import { type LayerLayout, type Layout, laneMask } from "./layout.ts";
import { crossEntropyBody, softmaxBody, squaredErrorBody } from "./loss-kernels.ts";

/** What the module exports. Addresses in bytes; parameters lie in the flat order of the task at `flat`. */
export interface DenseExports {
  /** Takes the parameters in. The gradient must be 0 before a fit, and with momentum the velocity too. */
  load(flat: number): void;
  unload(flat: number): void;
  /**
   * Lists the inputs that are not 0 of `rows` examples at `from`. The lists go to `lists`, start and end of each to
   * `table`.
   */
  list(from: number, rows: number, lists: number, table: number): void;
  /**
   * `steps` steps on batches of `rows` examples, whose numbers stand at `order`. Gradients are divided by `count`.
   * Returns lossSum + the sum of the losses of all examples.
   */
  fit(
    order: number,
    steps: number,
    rows: number,
    table: number,
    targets: number,
    learningRate: number,
    momentum: number,
    count: number,
    lossSum: number,
  ): number;
  /** Predictions for `rows` examples, row after row, and up to 12 bytes of rubbish behind. */
  predict(rows: number, table: number, to: number): void;
}

export function denseFunctions(layout: Layout): WasmFunction[] {
  const { layers, activation } = layout;
  const last = layers.at(-1) as LayerLayout;
  const functions: WasmFunction[] = [];
  const add = (made: WasmFunction): number => functions.push(made) - 1;

  const forward = layers.map((layer, l) => add(forwardFunction(`forward${l}`, layer)));
  const backward = layers.map((layer, l) => add(backwardFunction(`backward${l}`, layer, layout.paramBytes)));
  const activate = layers
    .slice(1)
    .map((next, l) => add(activateFunction(`activate${l}`, layers[l] as LayerLayout, next, activation)));
  const inputGradient = layers
    .slice(1)
    .map((next, l) => add(inputGradientFunction(`inputGradient${l}`, layers[l] as LayerLayout, next, activation)));
  const update = add(updateFunction(layout));
  const listRow = add(
    define("listRow", ["i32", "i32"], ["i32"], (fresh, from, to) =>
      listInputs(layers[0] as LayerLayout, local.get(from), to, fresh),
    ),
  );

  /** Through all layers; `ends[l]` is the local that gets the end of layer l's list, whose start is in `starts`. */
  const pass = (ends: readonly number[], start: Code): Code =>
    layers.map((layer, l) => [
      call(forward[l] as number, l === 0 ? start : i32.const(layer.list), local.get(ends[l] as number)),
      l + 1 < layers.length ? local.set(ends[l + 1] as number, call(activate[l] as number)) : [],
    ]);

  add(define("load", ["i32"], [], (fresh, flat) => loadBody(layout, fresh, flat)));
  add(define("unload", ["i32"], [], (fresh, flat) => unloadBody(layout, fresh, flat)));

  add(
    define("list", ["i32", "i32", "i32", "i32"], [], (fresh, from, rows, to, table) => {
      const row = fresh("i32");
      return forLoop(row, i32.const(0), local.get(rows), 1, [
        i32.store(local.get(table), local.get(to)),
        local.set(to, call(listRow, local.get(from), local.get(to))),
        i32.store(local.get(table), local.get(to), 4),
        advance(from, 4 * (layers[0] as LayerLayout).inputs),
        advance(table, 8),
      ]);
    }),
  );

  const targetBytes = layout.loss === "cross-entropy" ? 4 : 4 * last.outputs;
  const loss = add(
    define("loss", ["i32", "f32"], ["f64"], (fresh, target, count) =>
      layout.loss === "cross-entropy"
        ? crossEntropyBody(last, target, count, fresh)
        : squaredErrorBody(last, target, count, fresh),
    ),
  );
  const i32s = (n: number) => new Array<ValueType>(n).fill("i32");
  add(
    define("fit", [...i32s(5), "f32", "f32", "f32", "f64"], ["f64"], (fresh, ...params) => {
      const [order, steps, rows, table, targets, rate, momentum, count, lossSum] = params as [
        ...[number, number, number, number, number],
        ...[number, number, number, number],
      ];
      const [step, row, example, start, stepLoss] = [
        fresh("i32"),
        fresh("i32"),
        fresh("i32"),
        fresh("i32"),
        fresh("f64"),
      ];
      const ends = layers.map(() => fresh("i32"));
      return [
        forLoop(step, i32.const(0), local.get(steps), 1, [
          local.set(stepLoss, f64.const(0)),
          forLoop(row, i32.const(0), local.get(rows), 1, [
            local.set(example, i32.load(local.get(order))),
            advance(order, 4),
            bounds(table, example, start, ends[0] as number),
            pass(ends, local.get(start)),
            local.set(
              stepLoss,
              f64.add(
                local.get(stepLoss),
                call(
                  loss,
                  i32.add(local.get(targets), i32.mul(local.get(example), i32.const(targetBytes))),
                  local.get(count),
                ),
              ),
            ),
            [...layers.keys()]
              .toReversed()
              .map((l) => [
                call(
                  backward[l] as number,
                  l === 0 ? local.get(start) : i32.const((layers[l] as LayerLayout).list),
                  local.get(ends[l] as number),
                ),
                l > 0 ? call(inputGradient[l - 1] as number) : [],
              ]),
          ]),
          call(update, local.get(rate), local.get(momentum)),
          local.set(lossSum, f64.add(local.get(lossSum), local.get(stepLoss))),
        ]),
        local.get(lossSum),
      ];
    }),
  );

  const probabilities =
    layout.loss === "cross-entropy"
      ? add(define("probabilities", [], [], (fresh) => softmaxBody(last, fresh)))
      : undefined;
  add(
    define("predict", i32s(3), [], (fresh, rows, table, to) => {
      const [row, start] = [fresh("i32"), fresh("i32")];
      const ends = layers.map(() => fresh("i32"));
      const from = probabilities === undefined ? last.output : last.delta;
      return forLoop(row, i32.const(0), local.get(rows), 1, [
        bounds(table, row, start, ends[0] as number),
        pass(ends, local.get(start)),
        probabilities === undefined ? [] : call(probabilities),
        copyVectors(to, from, last.vectors, fresh("i32")),
        advance(to, 4 * last.outputs),
      ]);
    }),
  );
  return functions;
}

/** One step of descent; leaves the gradient at 0. */
function updateFunction({ params, paramBytes }: Layout): WasmFunction {
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

function loadBody({ layers }: Layout, fresh: Fresh, flat: number): Code {
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
          : v128.store(local.get(at), v128.and(v128.load(local.get(at), stride - 16), laneMask(outputs)), stride - 16),
        advance(flat, 4 * outputs),
      ]),
    ),
  ];
}

/** Row by row, in order: the padding of a row is overwritten by the next. */
function unloadBody({ layers }: Layout, fresh: Fresh, flat: number): Code {
  const [at, k] = [fresh("i32"), fresh("i32")];
  return layers.map(({ inputs, outputs, stride, kernel }) =>
    forLoop(at, i32.const(kernel), i32.const(kernel + (inputs + 1) * stride), stride, [
      forLoop(k, i32.const(0), i32.const(stride), 16, [
        v128.store(i32.add(local.get(flat), local.get(k)), v128.load(i32.add(local.get(at), local.get(k)))),
      ]),
      advance(flat, 4 * outputs),
    ]),
  );
}

function copyVectors(to: number, from: number, vectors: number, k: number): Code {
  return forLoop(k, i32.const(0), i32.const(16 * vectors), 16, [
    v128.store(i32.add(local.get(to), local.get(k)), v128.load(local.get(k), from)),
  ]);
}

/** start and end of the list of an example, from the table. */
function bounds(table: number, example: number, start: number, end: number): Code {
  const entry = i32.add(local.get(table), i32.shl(local.get(example), i32.const(3)));
  return [local.set(start, i32.load(entry)), local.set(end, i32.load(entry, 4))];
}
