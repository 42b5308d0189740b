/**
 * Mixtures of rows, tile by tile: the order of `columnOf` in plain.ts, eight coordinates at a time.
 *
 * For each group of eight coordinates: y_j = coefficient_j (v_j - own) for all j, and their sum; then each mixture is that sum
 * without the few y_j that it leaves out, or the few that it holds. All y_j of a group stay in the first cache, and so do the
 * mixtures of a tile. One kernel for each number of summands listed; the loops over rows are long enough as they are.
 */

import type { Code } from "../../base/wasm-code.ts";
import { f32x4, f64x2, forLoop, i32, local, v128 } from "../../base/wasm-instructions.ts";
import type { Mixtures } from "../rows/mixture.ts";
import { type Emitted, GROUP, GROUP_BYTES, MIXTURE, type Workspace } from "./workspace.ts";

/** From byte `from` of the rows on, `bytes` of them: `candidates` rows after the own one to `mixtures` rows. */
type Mix = (from: number, bytes: number, candidates: number, mixtures: number) => void;

/** The kernel for these mixtures; it holds until another is asked for. What it makes is shown by the table `mixtures`. */
export function mixtureKernel(
  workspace: Workspace,
  { coefficients, scales, listed, lists }: Mixtures,
): (from: number, bytes: number) => void {
  const { at, f64, i32: words } = workspace;
  const count = listed.length / scales.length;
  const run = workspace.kernel<Mix>(`mix ${lists} ${count}`, () => emitMix(at, count, lists));
  const sign = lists === "held" ? -1 : 1;
  f64.set(coefficients, at.coefficients / 8);
  for (let i = 0; i < scales.length; i++) f64[at.scales / 8 + i] = sign * (scales[i] as number);
  for (let e = 0; e < listed.length; e++) words[at.listed / 4 + e] = at.summands + GROUP_BYTES * (listed[e] as number);
  return (from, bytes) => run(from, bytes, coefficients.length - 1, scales.length);
}

function emitMix(places: Workspace["at"], count: number, lists: Mixtures["lists"]): Emitted {
  const [from, bytes, candidates, mixtures] = [0, 1, 2, 3] as const;
  const [at, end, index, address, y, table, target] = [4, 5, 6, 7, 8, 9, 10] as const;
  const [own, sum, part, factor, value] = [11, 15, 19, 23, 24] as const;
  const each = (make: (quarter: number) => Code) => [0, 1, 2, 3].map(make);
  const add = (pointer: number, amount: number) => local.set(pointer, i32.add(local.get(pointer), i32.const(amount)));
  /** Where the group at hand is in the row that `table` has come to. */
  const find = local.set(address, i32.add(i32.load(local.get(table), places.rows), local.get(at)));
  const read = (quarter: number) => f64x2.promote_low_f32x4(v128.load64_zero(local.get(address), 8 * quarter));

  const summands = forLoop(
    index,
    i32.const(0),
    local.get(candidates),
    1,
    add(table, 4),
    find,
    add(y, GROUP_BYTES),
    local.set(factor, v128.load64_splat(i32.shl(local.get(table), i32.const(1)), places.coefficients)),
    each((l) => [
      local.set(value, f64x2.mul(f64x2.sub(read(l), local.get(own + l)), local.get(factor))),
      count === 0 ? [] : v128.store(local.get(y), local.get(value), 16 * l),
      local.set(sum + l, f64x2.add(local.get(sum + l), local.get(value))),
    ]),
  );
  const mixture = [
    each((l) => local.set(part + l, lists === "held" ? f64x2.const(0) : local.get(sum + l))),
    Array.from({ length: count }, (_, e) => [
      local.set(address, i32.load(local.get(table), places.listed + 4 * e)),
      each((l) => local.set(part + l, f64x2.sub(local.get(part + l), v128.load(local.get(address), 16 * l)))),
    ]),
    add(table, 4 * count),
    local.set(factor, v128.load64_splat(local.get(y), places.scales)),
    add(y, 8),
    each((l) => {
      const moved = f64x2.add(f64x2.mul(local.get(part + l), local.get(factor)), local.get(own + l));
      return v128.store64_lane(0, local.get(target), f32x4.demote_f64x2_zero(moved), places.mixed + 8 * l);
    }),
    add(target, MIXTURE),
  ];
  const body = [
    local.set(end, i32.add(local.get(from), local.get(bytes))),
    forLoop(
      at,
      local.get(from),
      local.get(end),
      4 * GROUP,
      local.set(table, i32.const(0)),
      find,
      each((l) => local.set(own + l, read(l))),
      each((l) => local.set(sum + l, f64x2.const(0))),
      local.set(y, i32.const(places.summands)),
      summands,
      local.set(target, i32.sub(local.get(at), local.get(from))),
      local.set(y, i32.const(0)),
      local.set(table, i32.const(0)),
      forLoop(index, i32.const(0), local.get(mixtures), 1, mixture),
    ),
  ];
  const locals = [...new Array<"i32">(7).fill("i32"), ...new Array<"v128">(14).fill("v128")];
  return { params: ["i32", "i32", "i32", "i32"], locals, body };
}
