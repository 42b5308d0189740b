/** What all kernels that reduce have in common: a loop over the coordinates of the rows of a table, four at a time. */

import type { Code, ValueType } from "../../base/wasm-code.ts";
import { f32x4, forLoop, i32, local, v128 } from "../../base/wasm-instructions.ts";
import type { Emitted } from "./workspace.ts";

/** The first locals are the operands of `ReduceTile`. */
const [TABLE, FROM, BYTES, TARGET] = [0, 1, 2, 3] as const;
const OPERANDS = ["i32", "i32", "i32", "i32"] as const;

/** The first operand after those of `ReduceTile`. */
export const MORE: number = OPERANDS.length;

export interface LoopLocals {
  /** The first of the locals that were asked for. */
  readonly first: number;
  /** The four coordinates at hand of row i. */
  readonly row: (i: number) => Code;
}

/**
 * A kernel that takes the operands of `ReduceTile`, and after them `more`. `step` leaves on the stack what becomes of the four coordinates
 * at hand; 0 is added to it, which makes +0 of -0.
 */
export function reduceLoop(
  more: readonly ValueType[],
  locals: readonly ValueType[],
  step: (locals: LoopLocals) => Code,
): Emitted {
  const at = MORE + more.length;
  const end = at + 1;
  const row = (i: number) => v128.load(i32.add(i32.load(local.get(TABLE), 4 * i), local.get(at)));
  const value = f32x4.add(step({ first: end + 1, row }), f32x4.const(0));
  const body = [
    local.set(end, i32.add(local.get(FROM), local.get(BYTES))),
    local.set(TARGET, i32.sub(local.get(TARGET), local.get(FROM))),
    forLoop(at, local.get(FROM), local.get(end), 16, v128.store(i32.add(local.get(TARGET), local.get(at)), value)),
  ];
  return { params: [...OPERANDS, ...more], locals: ["i32", "i32", ...locals], body };
}
