/** The losses of `loss.ts` for one example, as WebAssembly: the same operations in the same order, four outputs at a time. */
import type { Code } from "../../base/wasm-code.ts";
import { f32, f32x4, f64, forLoop, i32, i32x4, local, shuffle, v128 } from "../../base/wasm-instructions.ts";
import { EXP_SCRATCH, expOfNegative, logOf } from "./elementary-kernels.ts";
import type { Fresh } from "./layer-kernels.ts";
import { type LayerLayout, laneMask } from "./layout.ts";

/** Swaps halves; swaps neighbours: together they bring each lane to each. */
const SWAP_HALVES: readonly number[] = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const SWAP_PAIRS: readonly number[] = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];

/** Softmax of the outputs of a layer, to its deltas. */
export function softmaxBody(layer: LayerLayout, fresh: Fresh): Code {
  const [at, max, sum] = [fresh("i32"), fresh("v128"), fresh("v128")];
  return [
    exponentials(layer, at, max, sum, fresh),
    forLoop(at, i32.const(0), i32.const(layer.stride), 16, [
      v128.store(local.get(at), f32x4.div(v128.load(local.get(at), layer.delta), local.get(sum)), layer.delta),
    ]),
  ];
}

/** Cross-entropy (f64, on the stack); the deltas become (softmax - onehot) / count. `target`: address of the class. */
export function crossEntropyBody(layer: LayerLayout, target: number, count: number, fresh: Fresh): Code {
  const [at, max, sum] = [fresh("i32"), fresh("v128"), fresh("v128")];
  const [truth, index, divisor] = [fresh("i32"), fresh("v128"), fresh("v128")];
  const [total, log] = [fresh("f32"), [fresh("i32"), fresh("f64"), fresh("f64")] as const];
  const share = f32x4.div(v128.load(local.get(at), layer.delta), local.get(sum));
  const hit = v128.and(i32x4.eq(local.get(index), i32x4.splat(local.get(truth))), f32x4.const(1));
  const logit = f32.load(i32.shl(local.get(truth), i32.const(2)), layer.output);
  return [
    exponentials(layer, at, max, sum, fresh),
    local.set(truth, i32.trunc_sat_f32_s(f32.load(local.get(target)))),
    local.set(index, i32x4.const(0, 1, 2, 3)),
    local.set(divisor, f32x4.splat(local.get(count))),
    forLoop(at, i32.const(0), i32.const(layer.stride), 16, [
      v128.store(local.get(at), f32x4.div(f32x4.sub(share, hit), local.get(divisor)), layer.delta),
      local.set(index, i32x4.add(local.get(index), i32x4.const(4))),
    ]),
    local.set(total, f32x4.extract_lane(0, local.get(sum))),
    f64.sub(f64.add(f64.promote_f32(f32x4.extract_lane(0, local.get(max))), logOf(total, log)), f64.promote_f32(logit)),
  ];
}

/** Squared error (f64, on the stack); the deltas become 2 (o - t) / count. `target`: address of the first target. */
export function squaredErrorBody(layer: LayerLayout, target: number, count: number, fresh: Fresh): Code {
  const [at, error, loss] = [fresh("i32"), fresh("f32"), fresh("f64")];
  const wide = f64.promote_f32(local.get(error));
  const difference = f32.sub(
    f32.load(local.get(at), layer.output),
    f32.load(i32.add(local.get(target), local.get(at))),
  );
  return [
    local.set(loss, f64.const(0)),
    v128.store(i32.const(layer.stride - 16), f32x4.const(0), layer.delta),
    forLoop(at, i32.const(0), i32.const(4 * layer.outputs), 4, [
      local.set(error, difference),
      local.set(loss, f64.add(local.get(loss), f64.mul(wide, wide))),
      f32.store(local.get(at), f32.div(f32.mul(f32.const(2), local.get(error)), local.get(count)), layer.delta),
    ]),
    local.get(loss),
  ];
}

/** exp(output - max) to the deltas, 0 in the padding; the maximum and the sum of all in every lane of `max`, `sum`. */
function exponentials(layer: LayerLayout, at: number, max: number, sum: number, fresh: Fresh): Code {
  const scratch = Array.from({ length: EXP_SCRATCH }, () => fresh("v128"));
  const power = fresh("v128");
  const output = v128.load(local.get(at), layer.output);
  const toLast = i32.const(layer.stride - 16);
  const masked = v128.bitselect(
    v128.load(toLast, layer.output),
    f32x4.const(Number.NEGATIVE_INFINITY),
    laneMask(layer.outputs),
  );
  const [greatest, all] = [local.get(max), local.get(sum)];
  return [
    v128.store(toLast, masked, layer.output),
    local.set(max, f32x4.const(Number.NEGATIVE_INFINITY)),
    forLoop(at, i32.const(0), i32.const(layer.stride), 16, local.set(max, f32x4.pmax(greatest, output))),
    local.set(max, f32x4.pmax(greatest, shuffle(SWAP_HALVES, greatest, greatest))),
    local.set(max, f32x4.pmax(greatest, shuffle(SWAP_PAIRS, greatest, greatest))),
    local.set(sum, f32x4.const(0)),
    forLoop(at, i32.const(0), i32.const(layer.stride), 16, [
      local.set(power, expOfNegative(f32x4.sub(output, greatest), scratch)),
      v128.store(local.get(at), local.get(power), layer.delta),
      local.set(sum, f32x4.add(all, local.get(power))),
    ]),
    // (l0 + l2) + (l1 + l3), in every lane
    local.set(sum, f32x4.add(all, shuffle(SWAP_HALVES, all, all))),
    local.set(sum, f32x4.add(all, shuffle(SWAP_PAIRS, all, all))),
  ];
}
