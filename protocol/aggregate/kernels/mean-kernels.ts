/**
 * Means of some of the values of each coordinate of n rows, four coordinates at a time: the trimmed mean and the mean around the
 * median, in the order of reductions.ts. The values are sorted by a network, without what reaches only those that are dropped, and summed
 * from the smallest to the largest in two halves of float64. O(n log^2 n) comparators.
 */

import type { Code } from "../../base/wasm-code.ts";
import { f32x4, f64x2, local, shuffle, v128 } from "../../base/wasm-instructions.ts";
import { reduceLoop } from "./reduce-loop.ts";
import { setMidpoint, sortRows } from "./sorted-rows.ts";
import { selectionNetwork } from "./sorting-network.ts";
import type { Emitted, ReduceTile, Workspace } from "./workspace.ts";

/** Two, as all that comes in two: a half of the four coordinates each. */
const HALVES = [0, 1] as const;

/** Lanes 2 and 3 of a vector of float32 in place of 0 and 1. */
const UPPER_LANES = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

/** The first of the locals of a loop; rows are n. */
interface Places {
  readonly spare: number;
  readonly sums: number;
  readonly bounds: number;
  readonly rows: number;
}

/** Without the `trim` smallest and the `trim` largest of n. */
export function trimmedMeanKernel(workspace: Workspace, n: number, trim: number): ReduceTile {
  return workspace.kernel(`mean ${n} without ${trim}`, () => {
    const steps = selectionNetwork(n, trim, n - 1 - trim);
    return emitMean(n, steps, n - 2 * trim, ({ sums, rows }) =>
      Array.from({ length: n - 2 * trim }, (_, i) =>
        HALVES.map((half) => add(sums + half, promoted(rows + trim + i, half))),
      ),
    );
  });
}

/**
 * Of the `keep` of n nearest to the median. Where x_0 .. x_{n-1} are sorted, x_s falls out just where x_{s + keep} is nearer to the
 * median, which then is among those that are kept.
 */
export function meanAroundMedianKernel(workspace: Workspace, n: number, keep: number): ReduceTile {
  return workspace.kernel(`mean ${n} around ${keep}`, () => {
    const steps = selectionNetwork(n, 0, n - 1);
    return emitMean(n, steps, keep, ({ spare, sums, bounds, rows }) => {
      const sorted = (place: number, half: number) => promoted(rows + place, half);
      /** All ones where x_s falls out. */
      const falls = (s: number, half: number): Code => {
        const above = f64x2.sub(sorted(s + keep, half), local.get(bounds + half));
        return f64x2.gt(f64x2.sub(local.get(bounds + half), sorted(s, half)), above);
      };
      const terms = Array.from({ length: n }, (_, i) =>
        HALVES.map((half) => {
          const kept = i < n - keep ? v128.andnot(sorted(i, half), falls(i, half)) : sorted(i, half);
          return add(sums + half, i < keep ? kept : v128.and(kept, falls(i - keep, half)));
        }),
      );
      const median = setMidpoint(spare, rows + ((n - 1) >> 1), rows + (n >> 1));
      return [median, HALVES.map((half) => local.set(bounds + half, promoted(spare, half))), terms];
    });
  });
}

/** `addUp` adds `count` values to `sums`, once the rows are sorted by those steps. */
function emitMean(
  n: number,
  steps: ReturnType<typeof selectionNetwork>,
  count: number,
  addUp: (places: Places) => Code,
): Emitted {
  return reduceLoop([], new Array<"v128">(5 + n).fill("v128"), ({ first, row }) => {
    const places = { spare: first, sums: first + 1, bounds: first + 3, rows: first + 5 };
    const { spare, sums, rows } = places;
    const mean = (half: number) => f32x4.demote_f64x2_zero(f64x2.div(local.get(sums + half), f64x2.const(count)));
    return [
      sortRows(n, steps, row, rows, spare),
      HALVES.map((half) => local.set(sums + half, f64x2.const(0))),
      addUp(places),
      shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23], mean(0), mean(1)),
    ];
  });
}

function add(sum: number, value: Code): Code {
  return local.set(sum, f64x2.add(local.get(sum), value));
}

/** Half of a local, as float64. */
function promoted(vector: number, half: number): Code {
  const value = local.get(vector);
  return f64x2.promote_low_f32x4(half === 0 ? value : shuffle(UPPER_LANES, value, value));
}
