/**
 * Means of some of the values of each coordinate of n rows, four coordinates at a time: the trimmed mean and the mean around the
 * median, in the order of reductions.ts. The values are sorted by a network, without what reaches only those that are dropped, and summed
 * from the smallest to the largest in two halves of float64. O(n log^2 n) comparators, in place of slot 0.
 */

import {
  assemble,
  type Code,
  f32x4,
  f64x2,
  forLoop,
  i32,
  instantiate,
  local,
  shuffle,
  v128,
} from "../../wasm-module.ts";
import { kernelCache } from "./kernel-cache.ts";
import { setMidpoint, sortRows } from "./sorted-rows.ts";
import { selectionNetwork } from "./sorting-network.ts";
import { AT, type ReduceTile, workspace } from "./workspace.ts";

/** Each at most some hundred KiB of machine code. */
const LIMIT = 64;
const kernels = kernelCache<ReduceTile>(LIMIT);

/** Locals of both kernels: `sums` and `bounds` are two, a half of the four coordinates each; `rows` are n. */
const [FROM, BYTES, POSITION, END, SPARE, SUMS, BOUNDS, ROWS] = [0, 1, 2, 3, 4, 5, 7, 9] as const;
const HALVES = [0, 1] as const;

/** Lanes 2 and 3 of a vector of float32 in place of 0 and 1. */
const UPPER_LANES = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

/** Without the `trim` smallest and the `trim` largest of n. */
export function trimmedMeanKernel(n: number, trim: number): ReduceTile {
  return kernels(`${n} without ${trim}`, () => {
    const kept = Array.from({ length: n - 2 * trim }, (_, i) =>
      HALVES.map((half) => add(half, sorted(trim + i, half))),
    );
    return compile(
      n,
      [sortRows(n, selectionNetwork(n, trim, n - 1 - trim), POSITION, ROWS, SPARE), kept],
      n - 2 * trim,
    );
  });
}

/**
 * Of the `keep` of n nearest to the median. Where x_0 .. x_{n-1} are sorted, x_s falls out just where x_{s + keep} is nearer to the
 * median, which then is among those that are kept.
 */
export function meanAroundMedianKernel(n: number, keep: number): ReduceTile {
  return kernels(`${n} around ${keep}`, () => {
    const median = setMidpoint(SPARE, ROWS + ((n - 1) >> 1), ROWS + (n >> 1));
    /** All ones where x_s falls out. */
    const falls = (s: number, half: number): Code => {
      const above = f64x2.sub(sorted(s + keep, half), local.get(BOUNDS + half));
      return f64x2.gt(f64x2.sub(local.get(BOUNDS + half), sorted(s, half)), above);
    };
    const terms = Array.from({ length: n }, (_, i) =>
      HALVES.map((half) => {
        const kept = i < n - keep ? v128.andnot(sorted(i, half), falls(i, half)) : sorted(i, half);
        return add(half, i < keep ? kept : v128.and(kept, falls(i - keep, half)));
      }),
    );
    const bounds = HALVES.map((half) => local.set(BOUNDS + half, promoted(local.get(SPARE), half)));
    const sort = sortRows(n, selectionNetwork(n, 0, n - 1), POSITION, ROWS, SPARE);
    return compile(n, [sort, median, bounds, terms], keep);
  });
}

/** A kernel that leaves sums of `count` values in `SUMS`. */
function compile(n: number, addUp: Code, count: number): ReduceTile {
  const [low, high] = HALVES.map((half) =>
    f32x4.demote_f64x2_zero(f64x2.div(local.get(SUMS + half), f64x2.const(count))),
  );
  const mean = shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23], low, high);
  const body = [
    local.set(END, i32.add(local.get(FROM), local.get(BYTES))),
    forLoop(
      POSITION,
      local.get(FROM),
      local.get(END),
      16,
      HALVES.map((half) => local.set(SUMS + half, f64x2.const(0))),
      addUp,
      v128.store(local.get(POSITION), f32x4.add(mean, f32x4.const(0)), AT.slots),
    ),
  ];
  const locals = ["i32", "i32", ...new Array<"v128">(ROWS - SPARE + n).fill("v128")] as const;
  const bytes = assemble({ functions: [{ name: "run", params: ["i32", "i32"], results: [], locals, body }] });
  return instantiate<{ run: ReduceTile }>(bytes, workspace().memory).run;
}

function add(half: number, value: Code): Code {
  return local.set(SUMS + half, f64x2.add(local.get(SUMS + half), value));
}

/** Half of the values at a place of the sorted order, as float64. */
function sorted(place: number, half: number): Code {
  return promoted(local.get(ROWS + place), half);
}

function promoted(vector: Code, half: number): Code {
  return f64x2.promote_low_f32x4(half === 0 ? vector : shuffle(UPPER_LANES, vector, vector));
}
