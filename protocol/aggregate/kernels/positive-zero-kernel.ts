/** Slot 0 as it is, with +0 for -0. */

import { assemble, f32x4, forLoop, i32, instantiate, local, v128 } from "../../wasm-module.ts";
import { AT, type ReduceTile, workspace } from "./workspace.ts";

let kernel: ReduceTile | undefined;

export function positiveZeroKernel(): ReduceTile {
  kernel ??= instantiate<{ normalise: ReduceTile }>(emit(), workspace().memory).normalise;
  return kernel;
}

function emit(): Uint8Array {
  const [from, bytes, at] = [0, 1, 2] as const;
  const value = f32x4.add(v128.load(local.get(at), AT.slots), f32x4.const(0));
  const end = i32.add(local.get(from), local.get(bytes));
  const body = forLoop(at, local.get(from), end, 16, v128.store(local.get(at), value, AT.slots));
  return assemble({ functions: [{ name: "normalise", params: ["i32", "i32"], results: [], locals: ["i32"], body }] });
}
