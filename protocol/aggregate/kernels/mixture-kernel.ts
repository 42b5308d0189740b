/**
 * Mixtures of rows and their weighted median, tile by tile: the order of `mixPlain` in mixture.ts, eight coordinates at a time.
 *
 * For each group of eight coordinates: y_j = coefficient_j (v_j - own) for all j, and their sum; then each mixture is that sum
 * without the few y_j that it leaves out. All y_j of a group stay in the first cache, and the mixtures take the places of
 * the rows, which have been read. One kernel for each number of summands left out; the loops over rows are long enough as they are.
 */

import { assemble, type Code, f32x4, f64x2, forLoop, i32, instantiate, local, v128 } from "../../wasm-module.ts";
import { halfWeight } from "../half-weight.ts";
import type { Mixtures } from "../mixture.ts";
import { medianKernel } from "./median-kernel.ts";
import { AT, CHUNK, forgetRows, GROUP, GROUP_BYTES, loadRows, SLOT, TILE, takeResult, workspace } from "./workspace.ts";

/** From byte `from` of the slots on, `bytes` of them: `candidates` rows after the own one to `mixtures` rows. */
type Mix = (from: number, bytes: number, candidates: number, mixtures: number) => void;

const kernels: (Mix | undefined)[] = [];

/** Median of the mixtures of rows 1 .. m around row 0; rows beyond are ignored. What `medianOfMixturesPlain` is. */
export function mixtureKernel(
  rows: readonly Float32Array[],
  { coefficients, scales, leftOut, weights }: Mixtures,
  tolerance: number,
): Float32Array {
  const { f64, i32: words, memory } = workspace();
  const count = leftOut.length / scales.length;
  let kernel = kernels[count];
  if (kernel === undefined) {
    kernel = instantiate<{ mix: Mix }>(emitMix(count), memory).mix;
    kernels[count] = kernel;
  }
  f64.set(coefficients, AT.coefficients / 8);
  f64.set(scales, AT.scales / 8);
  for (let e = 0; e < leftOut.length; e++)
    words[AT.leftOut / 4 + e] = AT.summands + GROUP_BYTES * (leftOut[e] as number);
  const median = medianKernel(halfWeight(weights, tolerance));
  const d = (rows[0] as Float32Array).length;
  const result = new Float32Array(d);
  for (let chunk = 0; chunk < d; chunk += CHUNK) {
    const size = Math.min(CHUNK, d - chunk);
    loadRows(rows, chunk, size);
    forgetRows();
    for (let tile = 0; tile < size; tile += TILE) {
      const bytes = 4 * Math.ceil(Math.min(TILE, size - tile) / GROUP) * GROUP;
      kernel(4 * tile, bytes, coefficients.length - 1, scales.length);
      median(4 * tile, bytes);
    }
    takeResult(result, chunk, size);
  }
  return result;
}

function emitMix(count: number): Uint8Array {
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
      v128.store(local.get(y), local.get(value), 16 * l),
      local.set(sum + l, f64x2.add(local.get(sum + l), local.get(value))),
    ]),
  );
  const mixture = [
    each((l) => local.set(part + l, local.get(sum + l))),
    Array.from({ length: count }, (_, e) => [
      local.set(summand, i32.load(local.get(table), AT.leftOut + 4 * e)),
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
