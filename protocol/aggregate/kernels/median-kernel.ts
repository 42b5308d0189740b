/**
 * Weighted median of each coordinate of n rows, four coordinates at a time.
 *
 * The values of a coordinate are sorted by a network, without their weights. The cumulated weight up to a sorted value v is then
 * the sum of w_i over all i with z_i <= v, a comparison and an addition for each row; integers, so that their order is of no
 * account. Only the few places of the sorted order at which half of the weight can be passed are looked at (`HalfWeight`).
 * With equal weights that is the middle alone. O(n log^2 n) comparators and O(n) steps for each place, in place of slot 0.
 */

import {
  assemble,
  block,
  br,
  br_if,
  type Code,
  f32x4,
  forLoop,
  i32,
  i32x4,
  instantiate,
  local,
  loop,
  v128,
} from "../../wasm-module.ts";
import type { HalfWeight } from "../half-weight.ts";
import { sortingNetwork } from "./sorting-network.ts";
import { AT, SLOT, workspace } from "./workspace.ts";

/** From byte `from` of the slots on, `bytes` of them; result in slot 0. The others are those of `HalfWeight`, places in bytes. */
type Median = (
  from: number,
  bytes: number,
  first: number,
  last: number,
  lowerAbove: number,
  upperAbove: number,
) => void;

const kernels: (Median | undefined)[] = [];

/** The kernel for these weights, one for each slot. It holds until another is asked for. */
export function medianKernel(half: HalfWeight): (from: number, bytes: number) => void {
  const n = half.weights.length;
  const { i32: words, memory } = workspace();
  words.set(half.weights, AT.weights / 4);
  let kernel = kernels[n];
  if (kernel === undefined) {
    kernel = instantiate<{ median: Median }>(emitMedian(n), memory).median;
    kernels[n] = kernel;
  }
  const run = kernel;
  return (from, bytes) => run(from, bytes, 16 * half.first, 16 * half.last, half.lowerAbove, half.upperAbove);
}

function emitMedian(n: number): Uint8Array {
  const [from, bytes, first, last, lowerAbove, upperAbove] = [0, 1, 2, 3, 4, 5];
  const [at, end, place, lower, upper, sum, value, rows] = [6, 7, 8, 9, 10, 11, 12, 13] as const;
  const row = (i: number) => rows + i;

  const sort = sortingNetwork(n).map(([a, b]) => [
    local.set(sum, f32x4.pmin(local.get(row(a)), local.get(row(b)))),
    local.set(row(b), f32x4.pmax(local.get(row(a)), local.get(row(b)))),
    local.set(row(a), local.get(sum)),
  ]);
  const rowsOf = Array.from({ length: n }, (_, i) => i);
  const cumulate = rowsOf.map((i) => {
    const counts = f32x4.le(v128.load(local.get(at), AT.slots + i * SLOT), local.get(value));
    const part = v128.and(counts, v128.load32_splat(i32.const(AT.weights + 4 * i)));
    return local.set(sum, i === 0 ? part : i32x4.add(local.get(sum), part));
  });
  const take = (target: number, above: number): Code => {
    const passes = i32x4.gt_s(local.get(sum), i32x4.splat(local.get(above)));
    return local.set(target, v128.bitselect(local.get(value), local.get(target), passes));
  };
  const body = [
    local.set(end, i32.add(local.get(from), local.get(bytes))),
    forLoop(
      at,
      local.get(from),
      local.get(end),
      16,
      rowsOf.map((i) => local.set(row(i), v128.load(local.get(at), AT.slots + i * SLOT))),
      sort,
      rowsOf.map((i) => v128.store(i32.const(AT.sorted + 16 * i), local.get(row(i)))),
      // Downwards, so that the least value that passes is the one that stays.
      local.set(place, local.get(last)),
      local.set(upper, v128.load(local.get(place), AT.sorted)),
      local.set(lower, local.get(upper)),
      block(
        loop(
          br_if(1, i32.le_s(local.get(place), local.get(first))),
          local.set(place, i32.sub(local.get(place), i32.const(16))),
          local.set(value, v128.load(local.get(place), AT.sorted)),
          cumulate,
          take(lower, lowerAbove),
          take(upper, upperAbove),
          br(0),
        ),
      ),
      v128.store(local.get(at), midpoint(local.get(lower), local.get(upper)), AT.slots),
    ),
  ];
  const locals = ["i32", "i32", "i32", "v128", "v128", "v128", "v128", ...rowsOf.map(() => "v128" as const)] as const;
  const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return assemble({ functions: [{ name: "median", params, results: [], locals, body }] });
}

/**
 * The correctly rounded (a + b) / 2: halving is exact where a + b is not tiny, and a + b is exact where it is. Where it
 * overflows, both are large and may be halved first. Adding +0 turns -0 into +0.
 */
function midpoint(a: Code, b: Code): Code {
  const half = f32x4.const(0.5);
  const sum = f32x4.add(a, b);
  const overflows = f32x4.eq(f32x4.abs(sum), f32x4.const(Number.POSITIVE_INFINITY));
  const halves = f32x4.add(f32x4.mul(a, half), f32x4.mul(b, half));
  return f32x4.add(v128.bitselect(halves, f32x4.mul(sum, half), overflows), f32x4.const(0));
}
