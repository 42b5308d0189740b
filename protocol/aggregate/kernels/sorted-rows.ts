/** What the kernels that sort have in common: four coordinates of n rows, in order, in locals; and the mean of two of them. */

import type { Code } from "../../base/wasm-code.ts";
import { block, br_if, f32x4, i32x4, local, v128 } from "../../base/wasm-instructions.ts";
import type { Step } from "./sorting-network.ts";

/** Puts what `row` loads of n rows into the locals from `rows` on, and carries out the steps there. */
export function sortRows(
  n: number,
  steps: readonly Step[],
  row: (i: number) => Code,
  rows: number,
  spare: number,
): Code {
  const at = (place: number) => rows + place;
  const values = Array.from({ length: n }, (_, i) => local.set(at(i), row(i)));
  const sorts = steps.map(({ places: [a, b], lesser, greater }) => {
    const [x, y] = [local.get(at(a)), local.get(at(b))];
    if (!greater) return local.set(at(a), f32x4.pmin(x, y));
    const least = lesser ? local.set(spare, f32x4.pmin(x, y)) : [];
    const rest = local.set(at(b), f32x4.pmax(x, y));
    return [least, rest, lesser ? local.set(at(a), local.get(spare)) : []];
  });
  return [values, sorts];
}

/**
 * Sets `target` to the correctly rounded (a + b) / 2 of two locals, but for the sign of 0: halving is exact where a + b is not
 * tiny, and a + b is exact where it is. Where it overflows, which is rare, both are large and may be halved first.
 */
export function setMidpoint(target: number, a: number, b: number): Code {
  const half = f32x4.const(0.5);
  const halves = f32x4.add(f32x4.mul(local.get(a), half), f32x4.mul(local.get(b), half));
  const finite = f32x4.lt(f32x4.abs(local.get(target)), f32x4.const(Number.POSITIVE_INFINITY));
  return block(
    local.set(target, f32x4.mul(f32x4.add(local.get(a), local.get(b)), half)),
    br_if(0, i32x4.all_true(finite)),
    local.set(target, v128.bitselect(local.get(target), halves, finite)),
  );
}
