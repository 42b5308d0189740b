/**
 * Weighted median of each coordinate of n rows, four coordinates at a time.
 *
 * The values of a coordinate are sorted by a network, without their weights, as far as it takes to know the places of the sorted order
 * at which half of the weight can be passed (`HalfWeight`). With equal weights that is the middle alone, and the rest of the
 * network falls away. Else the cumulated weight up to a sorted value v is the sum of w_i over all i with z_i <= v, a comparison
 * and an addition for each row; integers, so that their order is of no account. O(n log^2 n) comparators and O(n) steps for
 * each place.
 */

import type { Code } from "../../base/wasm-code.ts";
import { block, br, br_if, f32x4, i32, i32x4, local, loop, v128 } from "../../base/wasm-instructions.ts";
import type { HalfWeight } from "../rows/half-weight.ts";
import { MORE, reduceLoop } from "./reduce-loop.ts";
import { setMidpoint, sortRows } from "./sorted-rows.ts";
import { selectionNetwork } from "./sorting-network.ts";
import type { Emitted, ReduceTile, Workspace } from "./workspace.ts";

/** As `ReduceTile`; the others are those of `HalfWeight`, places in bytes. */
type WeightedMedian = (
  ...operands: [...Parameters<ReduceTile>, first: number, last: number, lowerAbove: number, upperAbove: number]
) => void;

/** The kernel for these weights, one for each row. It holds until another is asked for. */
export function medianKernel(workspace: Workspace, half: HalfWeight): ReduceTile {
  const { weights, first, last, lowerAbove, upperAbove } = half;
  const n = weights.length;
  if (first === last || weights.every((weight) => weight === weights[0]))
    return workspace.kernel(`middle ${n} ${first} ${last}`, () => emitMiddle(n, first, last));
  workspace.i32.set(weights, workspace.at.weights / 4);
  const [low, high] = sortedPlaces(half);
  const run = workspace.kernel<WeightedMedian>(`median ${n} ${low} ${high}`, () =>
    emitWeighted(workspace, n, low, high),
  );
  return (...tile) => run(...tile, 16 * first, 16 * last, lowerAbove, upperAbove);
}

/** The places that a kernel sorts: an eighth about the middle where that is enough, else all, so that few kernels serve all weights. */
function sortedPlaces({ weights, first, last }: HalfWeight): [low: number, high: number] {
  const n = weights.length;
  const reach = Math.ceil(n / 8);
  const [low, high] = [((n - 1) >> 1) - reach, (n >> 1) + reach];
  return low <= first && last <= high ? [Math.max(low, 0), Math.min(high, n - 1)] : [0, n - 1];
}

/** The mean of the values at two places: what the median is where weights are equal. Places as they are. */
function emitMiddle(n: number, first: number, last: number): Emitted {
  const steps = selectionNetwork(n, first, last, true);
  return reduceLoop([], new Array<"v128">(n + 1).fill("v128"), ({ first: rows, row }) => [
    sortRows(n, steps, row, rows, rows + n),
    first === last ? [] : setMidpoint(rows + n, rows + first, rows + last),
    local.get(rows + (first === last ? first : n)),
  ]);
}

/** For any weights of which half can be passed at the places `low` .. `high` only. */
function emitWeighted({ at }: Workspace, n: number, low: number, high: number): Emitted {
  const [first, last, lowerAbove, upperAbove] = [MORE, MORE + 1, MORE + 2, MORE + 3] as const;
  const more = ["i32", "i32", "i32", "i32"] as const;
  const locals = ["i32", ...new Array<"v128">(4 + n).fill("v128")] as const;
  return reduceLoop(more, locals, ({ first: place, row }) => {
    const [lower, upper, sum, value, rows] = [place + 1, place + 2, place + 3, place + 4, place + 5] as const;
    const cumulate = Array.from({ length: n }, (_, i) => {
      const counts = f32x4.le(row(i), local.get(value));
      const part = v128.and(counts, v128.load32_splat(i32.const(at.weights + 4 * i)));
      return local.set(sum, i === 0 ? part : i32x4.add(local.get(sum), part));
    });
    const take = (target: number, above: number): Code => {
      const passes = i32x4.gt_s(local.get(sum), i32x4.splat(local.get(above)));
      return local.set(target, v128.bitselect(local.get(value), local.get(target), passes));
    };
    return [
      sortRows(n, selectionNetwork(n, low, high), row, rows, sum),
      Array.from({ length: high - low + 1 }, (_, k) =>
        v128.store(i32.const(at.sorted + 16 * (low + k)), local.get(rows + low + k)),
      ),
      // Downwards, so that the least value that passes is the one that stays.
      local.set(place, local.get(last)),
      local.set(upper, v128.load(local.get(place), at.sorted)),
      local.set(lower, local.get(upper)),
      block(
        loop(
          br_if(1, i32.le_s(local.get(place), local.get(first))),
          local.set(place, i32.sub(local.get(place), i32.const(16))),
          local.set(value, v128.load(local.get(place), at.sorted)),
          cumulate,
          take(lower, lowerAbove),
          take(upper, upperAbove),
          br(0),
        ),
      ),
      setMidpoint(value, lower, upper),
      local.get(value),
    ];
  });
}
