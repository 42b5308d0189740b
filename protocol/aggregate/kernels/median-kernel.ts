/**
 * Weighted median of each coordinate of n rows, four coordinates at a time.
 *
 * The values of a coordinate are sorted by a network, without their weights, as far as it takes to know the places of the sorted order
 * at which half of the weight can be passed (`HalfWeight`). With equal weights that is the middle alone, and the rest of the
 * network falls away. Else the cumulated weight up to a sorted value v is the sum of w_i over all i with z_i <= v, a comparison
 * and an addition for each row; integers, so that their order is of no account. O(n log^2 n) comparators and O(n) steps for
 * each place, in place of slot 0.
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
import { kernelCache } from "./kernel-cache.ts";
import { setMidpoint, sortRows } from "./sorted-rows.ts";
import { selectionNetwork } from "./sorting-network.ts";
import { AT, type ReduceTile, SLOT, workspace } from "./workspace.ts";

/** As `ReduceTile`; the others are those of `HalfWeight`, places in bytes. */
type WeightedMedian = (
  from: number,
  bytes: number,
  first: number,
  last: number,
  lowerAbove: number,
  upperAbove: number,
) => void;

/** Each at most some hundred KiB of machine code. */
const LIMIT = 64;
const middles = kernelCache<ReduceTile>(LIMIT);
const weighted = kernelCache<WeightedMedian>(LIMIT);

/** The kernel for these weights, one for each slot. It holds until another is asked for. */
export function medianKernel(half: HalfWeight): ReduceTile {
  const { weights, first, last, lowerAbove, upperAbove } = half;
  const n = weights.length;
  const { i32: words, memory } = workspace();
  if (first === last || weights.every((weight) => weight === weights[0]))
    return middles(
      `${n} ${first} ${last}`,
      () => instantiate<{ run: ReduceTile }>(emitMiddle(n, first, last), memory).run,
    );
  words.set(weights, AT.weights / 4);
  const [low, high] = sortedPlaces(half);
  const run = weighted(
    `${n} ${low} ${high}`,
    () => instantiate<{ run: WeightedMedian }>(emitWeighted(n, low, high), memory).run,
  );
  return (from, bytes) => run(from, bytes, 16 * first, 16 * last, lowerAbove, upperAbove);
}

/** The places that a kernel sorts: an eighth about the middle where that is enough, else all, so that few kernels serve all weights. */
function sortedPlaces({ weights, first, last }: HalfWeight): [low: number, high: number] {
  const n = weights.length;
  const reach = Math.ceil(n / 8);
  const [low, high] = [((n - 1) >> 1) - reach, (n >> 1) + reach];
  return low <= first && last <= high ? [Math.max(low, 0), Math.min(high, n - 1)] : [0, n - 1];
}

/** The mean of the values at two places: what the median is where weights are equal. Places as they are. */
function emitMiddle(n: number, first: number, last: number): Uint8Array {
  const [from, bytes, at, end, result, rows] = [0, 1, 2, 3, 4, 5] as const;
  const single = first === last;
  const body = [
    local.set(end, i32.add(local.get(from), local.get(bytes))),
    forLoop(
      at,
      local.get(from),
      local.get(end),
      16,
      sortRows(n, selectionNetwork(n, first, last, true), at, rows, result),
      single ? local.set(result, local.get(rows + first)) : setMidpoint(result, rows + first, rows + last),
      v128.store(local.get(at), f32x4.add(local.get(result), f32x4.const(0)), AT.slots),
    ),
  ];
  const locals = ["i32", "i32", "v128", ...new Array<"v128">(n).fill("v128")] as const;
  return assemble({ functions: [{ name: "run", params: ["i32", "i32"], results: [], locals, body }] });
}

/** For any weights of which half can be passed at the places `low` .. `high` only. */
function emitWeighted(n: number, low: number, high: number): Uint8Array {
  const [from, bytes, first, last, lowerAbove, upperAbove] = [0, 1, 2, 3, 4, 5];
  const [at, end, place, lower, upper, sum, value, rows] = [6, 7, 8, 9, 10, 11, 12, 13] as const;
  const cumulate = Array.from({ length: n }, (_, i) => {
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
      sortRows(n, selectionNetwork(n, low, high), at, rows, sum),
      Array.from({ length: high - low + 1 }, (_, k) =>
        v128.store(i32.const(AT.sorted + 16 * (low + k)), local.get(rows + low + k)),
      ),
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
      setMidpoint(value, lower, upper),
      v128.store(local.get(at), f32x4.add(local.get(value), f32x4.const(0)), AT.slots),
    ),
  ];
  const locals = ["i32", "i32", "i32", ...new Array<"v128">(4 + n).fill("v128")] as const;
  const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return assemble({ functions: [{ name: "run", params, results: [], locals, body }] });
}
