/**
 * The one WebAssembly memory in which all aggregation kernels work: 3 MiB of address space at most, whatever the length of the
 * models, of which only the pages in use are real.
 *
 *     tables      weights, coefficients, sums: a few numbers for each row
 *     slots       one for each row, `CHUNK` coordinates of float32; models are copied in and results out chunk by chunk
 *
 * The kernels are synchronous and share this memory, so none may run inside another.
 */

import { createMemory, hasSimd, type WasmMemory } from "../../wasm-module.ts";

/** Most rows at once: 64 candidates (the most that a log entry holds), own model and base. */
export const MAX_ROWS = 66;

/** Coordinates in a slot, two blocks of sums: models of common simulations fit whole and are copied in once. */
export const CHUNK = 8192;

/** Coordinates that a kernel is called for at a time: few enough that all rows of a tile stay in the first cache. */
export const TILE = 256;

/** Kernels work on whole groups of so many coordinates; loaded rows are filled up with zeros. */
export const GROUP = 8;

/** Bytes from slot to slot. A cache line more than the data, or the same coordinate of all rows would compete for one cache set. */
export const SLOT: number = 4 * CHUNK + 64;

/** Bytes from row to row of the differences of one tile, which are float64. */
export const DIFFERENCE_ROW: number = 8 * TILE + 64;

/** Bytes of one group of float64. */
export const GROUP_BYTES: number = 8 * GROUP;

type Part =
  | "weights"
  | "sorted"
  | "coefficients"
  | "scales"
  | "listed"
  | "summands"
  | "products"
  | "differences"
  | "slots";

const SIZES: Readonly<Record<Part, number>> = {
  /** Row i: int32 weight. */
  weights: 4 * MAX_ROWS,
  /** The rows in order at one group of four coordinates. */
  sorted: 16 * MAX_ROWS,
  /** Row i: float64 coefficient. */
  coefficients: 8 * MAX_ROWS,
  /** Mixture i: float64 factor. */
  scales: 8 * MAX_ROWS,
  /** Mixture i: int32 addresses of the summands that it lists, at most half of all. */
  listed: (4 * MAX_ROWS * MAX_ROWS) / 2,
  /** Row i: one group of float64. Row 0 stays zero. */
  summands: GROUP_BYTES * MAX_ROWS,
  /** Rows j, k: two float64 lanes of a sum of products. */
  products: 16 * MAX_ROWS * MAX_ROWS,
  /** Row j: one tile of float64. */
  differences: DIFFERENCE_ROW * MAX_ROWS,
  slots: SLOT * MAX_ROWS,
};

const PAGE = 65_536;
const CACHE_LINE = 64;
let bytes = 0;

function place(size: number): number {
  const address = bytes;
  bytes += Math.ceil(size / CACHE_LINE) * CACHE_LINE;
  return address;
}

/** Where each part begins, in bytes. */
export const AT: Readonly<Record<Part, number>> = Object.fromEntries(
  Object.entries(SIZES).map(([part, size]) => [part, place(size)]),
) as Record<Part, number>;

/** A kernel that makes slot 0 of the first slots: from byte `from` of them on, `bytes`, a multiple of a group. */
export type ReduceTile = (from: number, bytes: number) => void;

export interface Workspace {
  readonly memory: WasmMemory;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

/** Copies `size` numbers of `source`, from `start` on, to `target`, from `at` on. */
export type Copy = (source: Float32Array, start: number, size: number, target: Float32Array, at: number) => void;

let copy: Copy = (source, start, size, target, at) => target.set(source.subarray(start, start + size), at);
let made: Workspace | undefined;
let held: readonly Float32Array[] | undefined;

/** The memory, made when it is first asked for. */
export function workspace(): Workspace {
  if (made === undefined) {
    const memory = createMemory(Math.ceil(bytes / PAGE));
    const { buffer } = memory;
    made = { memory, i32: new Int32Array(buffer), f32: new Float32Array(buffer), f64: new Float64Array(buffer) };
  }
  return made;
}

/** Whether kernels can serve so many rows on this host. */
export function kernelsServe(rows: number): boolean {
  return rows <= MAX_ROWS && hasSimd();
}

/** For hosts that know a faster way from and to the memory in which their rows and results lie. */
export function copyRowsBy(faster: Copy): void {
  copy = faster;
}

/**
 * Copies coordinates `start .. start + size - 1` (size <= CHUNK) of row i to slot i. Rows that fit whole and are still
 * there are not copied again: the array `rows` itself is the key, so that each call of a rule must make its own.
 */
export function loadRows(rows: readonly Float32Array[], start: number, size: number): void {
  if (held === rows) return;
  const { f32 } = workspace();
  const whole = start === 0 && size === rows[0]?.length;
  const padded = Math.ceil(size / GROUP) * GROUP;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Float32Array;
    const at = (AT.slots + i * SLOT) / 4;
    if (whole) f32.set(row, at);
    else copy(row, start, size, f32, at);
    for (let c = size; c < padded; c++) f32[at + c] = 0;
  }
  held = whole ? rows : undefined;
}

/** To be called by what writes to slots: their rows are no longer those that were loaded. */
export function forgetRows(): void {
  held = undefined;
}

/** Copies the first `size` coordinates of slot 0 to `result`, from `start` on. */
export function takeResult(result: Float32Array, start: number, size: number): void {
  copy(workspace().f32, AT.slots / 4, size, result, start);
}
