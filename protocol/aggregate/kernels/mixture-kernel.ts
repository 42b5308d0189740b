/**
 * Mixtures of rows, tile by tile: the order of `columnOf` in plain.ts, eight coordinates at a time.
 *
 * For each group of eight coordinates: y_j = coefficient_j (v_j - own) for all j, and their sum; then each mixture is that sum
 * without the few y_j that it leaves out, or the few that it holds. All y_j of a group stay in the first cache, and the mixtures
 * take the places of the rows, which have been read. One kernel for each number of summands listed; the loops over rows are long
 * enough as they are.
 */

import { assemble, type Code, f32x4, f64x2, forLoop, i32, instantiate, local, v128 } from "../../wasm-module.ts";
import type { Mixtures } from "../mixture.ts";
import { AT, GROUP, GROUP_BYTES, SLOT, workspace } from "./workspace.ts";

/** From byte `from` of the slots on, `bytes` of them: `candidates` rows after the own one to `mixtures` rows. */
type Mix = (from: number, bytes: number, candidates: number, mixtures: number) => void;

/** By number of rows listed. */
const kernels = { "left out": [] as (Mix | undefined)[], held: [] as (Mix | undefined)[] };

/** The kernel for these mixtures; it holds until another is asked for. Mixture i is written to slot i. */
export function mixtureKernel({
  coefficients,
  scales,
  listed,
  lists,
}: Mixtures): (from: number, bytes: number) => void {
  const { f64, i32: words, memory } = workspace();
  const count = listed.length / scales.length;
  let kernel = kernels[lists][count];
  if (kernel === undefined) {
    kernel = instantiate<{ mix: Mix }>(emitMix(count, lists), memory).mix;
    kernels[lists][count] = kernel;
  }
  const sign = lists === "held" ? -1 : 1;
  f64.set(coefficients, AT.coefficients / 8);
  for (let i = 0; i < scales.length; i++) f64[AT.scales / 8 + i] = sign * (scales[i] as number);
  for (let e = 0; e < listed.length; e++) words[AT.listed / 4 + e] = AT.summands + GROUP_BYTES * (listed[e] as number);
  const run = kernel;
  return (from, bytes) => run(from, bytes, coefficients.length - 1, scales.length);
}

function emitMix(count: number, lists: Mixtures["lists"]): Uint8Array {
  const [from, bytes, candidates, mixtures] = [0, 1, 2, 3] as const;
  const [at, end, index, slot, y, table, summand] = [4, 5, 6, 7, 8, 9, 10] as const;
  const [own, sum, part, factor, value] = [11, 15, 19, 23, 24] as const;
  const quarters = [0, 1, 2, 3];
  const each = (make: (quarter: number) => Code) => quarters.map(make);
  const add = (pointer: number, amount: number) => local.set(pointer, i32.add(local.get(pointer), i32.const(amount)));
  const read = (pointer: number, quarter: number) =>
    f64x2.promote_low_f32x4(v128.load64_zero(local.get(pointer), AT.slots + 8 * quarter));

  const summands = forLoop(
    index,
    i32.const(0),
    local.get(candidates),
    1,
    add(slot, SLOT),
    add(y, GROUP_BYTES),
    local.set(factor, v128.load64_splat(local.get(table), AT.coefficients)),
    add(table, 8),
    each((l) => [
      local.set(value, f64x2.mul(f64x2.sub(read(slot, l), local.get(own + l)), local.get(factor))),
      count === 0 ? [] : v128.store(local.get(y), local.get(value), 16 * l),
      local.set(sum + l, f64x2.add(local.get(sum + l), local.get(value))),
    ]),
  );
  const mixture = [
    each((l) => local.set(part + l, lists === "held" ? f64x2.const(0) : local.get(sum + l))),
    Array.from({ length: count }, (_, e) => [
      local.set(summand, i32.load(local.get(table), AT.listed + 4 * e)),
      each((l) => local.set(part + l, f64x2.sub(local.get(part + l), v128.load(local.get(summand), 16 * l)))),
    ]),
    add(table, 4 * count),
    local.set(factor, v128.load64_splat(local.get(y), AT.scales)),
    add(y, 8),
    each((l) => {
      const moved = f64x2.add(f64x2.mul(local.get(part + l), local.get(factor)), local.get(own + l));
      return v128.store64_lane(0, local.get(slot), f32x4.demote_f64x2_zero(moved), AT.slots + 8 * l);
    }),
    add(slot, SLOT),
  ];
  const body = [
    local.set(end, i32.add(local.get(from), local.get(bytes))),
    forLoop(
      at,
      local.get(from),
      local.get(end),
      4 * GROUP,
      local.set(slot, local.get(at)),
      each((l) => local.set(own + l, read(slot, l))),
      each((l) => local.set(sum + l, f64x2.const(0))),
      local.set(y, i32.const(AT.summands)),
      local.set(table, i32.const(8)),
      summands,
      local.set(slot, local.get(at)),
      local.set(y, i32.const(0)),
      local.set(table, i32.const(0)),
      forLoop(index, i32.const(0), local.get(mixtures), 1, mixture),
    ),
  ];
  const locals = [...new Array<"i32">(7).fill("i32"), ...new Array<"v128">(14).fill("v128")];
  const params = ["i32", "i32", "i32", "i32"] as const;
  return assemble({ functions: [{ name: "mix", params, results: [], locals, body }] });
}
