/**
 * Where aggregation kernels work: a part of a WebAssembly memory, 2.5 MiB of address space whatever the length of the models, of which
 * only the pages in use are real.
 *
 *     tables      where the rows are, weights, coefficients, sums: a few numbers for each row
 *     tiles       mixtures and differences of some coordinates
 *     slots       one for each row, `CHUNK` coordinates of float32
 *
 * Rows that lie in the same memory are read where they are. Others are copied to the slots, chunk by chunk, and so are the last few
 * coordinates, where they do not fill a group. Kernels find rows by a table of addresses and know nothing of this.
 *
 * The kernels are synchronous and share the workspace of their thread, so none may run inside another.
 */

import {
  assemble,
  createMemory,
  hasSimd,
  instantiate,
  PAGE,
  type WasmFunction,
  type WasmMemory,
} from "../../base/wasm-module.ts";
import { kernelCache } from "./kernel-cache.ts";

/** Most rows at once: 64 candidates (the most that a log entry holds), own model and base. */
export const MAX_ROWS = 66;

/** Coordinates in a slot, two blocks of sums: models of common simulations fit whole and are copied in once. */
export const CHUNK = 8192;

/** Coordinates that are mixed at a time: few enough that all mixtures of a tile stay in the first cache. */
export const TILE = 256;

/** Kernels work on whole groups of so many coordinates. */
export const GROUP = 8;

/** Bytes from slot to slot. A cache line more than the data, or the same coordinate of all rows would compete for one cache set. */
export const SLOT: number = 4 * CHUNK + 64;

/** Bytes from mixture to mixture of one tile. */
export const MIXTURE: number = 4 * TILE + 64;

/** Bytes of one group of float64. */
export const GROUP_BYTES: number = 8 * GROUP;

type Part =
  | "rows"
  | "mixtures"
  | "weights"
  | "sorted"
  | "coefficients"
  | "scales"
  | "listed"
  | "summands"
  | "products"
  | "differences"
  | "mixed"
  | "result"
  | "slots";

const SIZES: Readonly<Record<Part, number>> = {
  /** Row i: int32 address. */
  rows: 4 * MAX_ROWS,
  /** The same of the mixtures of a tile. */
  mixtures: 4 * MAX_ROWS,
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
  /** Rows of float64, of the coordinates of one tile at most. */
  differences: (8 * TILE + 64) * MAX_ROWS,
  mixed: MIXTURE * MAX_ROWS,
  result: 4 * CHUNK,
  slots: SLOT * MAX_ROWS,
};

const CACHE_LINE = 64;
const sizes = Object.entries(SIZES).map(([part, size]) => [part, Math.ceil(size / CACHE_LINE) * CACHE_LINE] as const);

/** Pages of memory that a workspace takes. */
export const WORKSPACE_PAGES: number = Math.ceil(sizes.reduce((sum, [, size]) => sum + size, 0) / PAGE);

/** Kernels of one workspace, each at most some hundred KiB of machine code. */
const MOST_KERNELS = 192;

/**
 * Makes a number of each of some coordinates of the rows whose addresses stand at `table`: from byte `from` of the rows on, `bytes`, a
 * multiple of a group; the numbers go to `target`.
 */
export type ReduceTile = (table: number, from: number, bytes: number, target: number) => void;

export interface Workspace {
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  /** Where each part begins, in bytes. */
  readonly at: Readonly<Record<Part, number>>;
  /** The function over this memory that `emit` gives, kept by `key`. */
  kernel<Run extends (...operands: number[]) => void>(key: string, emit: () => Emitted): Run;
  /** Whether the array lies in this memory. */
  holds(array: Float32Array): boolean;
  /**
   * Lets the table show where coordinate `start` of each row is, and says of how many coordinates that holds, at least 1. After them come zeros
   * where they do not fill a group. Rows that fit into the slots whole and are still there are not copied again: the array `rows`
   * itself is the key, so that each call of a rule must make its own.
   */
  show(rows: readonly Float32Array[], start: number): number;
  /** The rows in the slots are no longer those that were copied there: who owns them may change them. */
  forget(): void;
}

/** A kernel: what it takes, further locals, what it does. */
export type Emitted = Pick<WasmFunction, "params" | "locals" | "body">;

/** Copies `size` numbers of `source`, from `start` on, to `target`, from `at` on. */
export type Copy = (source: Float32Array, start: number, size: number, target: Float32Array, at: number) => void;

let copy: Copy = (source, start, size, target, at) => target.set(source.subarray(start, start + size), at);
let own: Workspace | undefined;

/** For hosts that know a faster way from and to the memory in which their rows and results lie. */
export function copyRowsBy(faster: Copy): void {
  copy = faster;
}

/** Copies numbers as fast as the host can. */
export const copyNumbers: Copy = (...what) => copy(...what);

/** Whether kernels can serve so many rows on this host. */
export function kernelsServe(rows: number): boolean {
  return rows <= MAX_ROWS && hasSimd();
}

/** A workspace in a memory of its own, made when it is first asked for. */
export function ownWorkspace(): Workspace {
  own ??= createWorkspace(createMemory(WORKSPACE_PAGES), 0);
  return own;
}

/** A workspace of `WORKSPACE_PAGES` from page `firstPage` of the memory on, which are zero. */
export function createWorkspace(memory: WasmMemory<ArrayBufferLike>, firstPage: number): Workspace {
  const { buffer } = memory;
  const [i32, f32, f64] = [new Int32Array(buffer), new Float32Array(buffer), new Float64Array(buffer)];
  const kernels = kernelCache<unknown>(MOST_KERNELS);
  const at = places(PAGE * firstPage);
  const buffers = new WeakSet([buffer]);
  let held: readonly Float32Array[] | undefined;

  const holds = ({ buffer }: Float32Array) => buffers.add(memory.buffer).has(buffer); // a memory that grew has another buffer
  for (let i = 0; i < MAX_ROWS; i++) i32[at.mixtures / 4 + i] = at.mixed + i * MIXTURE;

  function load(rows: readonly Float32Array[], start: number, size: number): void {
    if (held === rows) return;
    const padded = Math.ceil(size / GROUP) * GROUP;
    for (const [i, row] of rows.entries()) {
      const slot = (at.slots + i * SLOT) / 4;
      if (size === row.length) f32.set(row, slot);
      else copy(row, start, size, f32, slot);
      f32.fill(0, slot + size, slot + padded);
    }
    held = size === rows[0]?.length ? rows : undefined;
  }

  return {
    i32,
    f32,
    f64,
    at,
    holds,
    kernel: <Run>(key: string, emit: () => Emitted) =>
      kernels(key, () => {
        const shared = !(buffer instanceof ArrayBuffer);
        const functions = [{ name: "run", results: [], ...emit() }];
        return instantiate<{ run: unknown }>(
          assemble({ functions, shared, pages: firstPage + WORKSPACE_PAGES }),
          memory,
        ).run;
      }) as Run,
    show(rows, start) {
      const d = (rows[0] as Float32Array).length;
      const whole = rows.every(holds) ? d - (d % GROUP) : 0;
      const size = start < whole ? whole - start : Math.min(CHUNK, d - start);
      if (start >= whole) load(rows, start, size);
      for (const [i, { byteOffset }] of rows.entries())
        i32[at.rows / 4 + i] = start < whole ? byteOffset + 4 * start : at.slots + i * SLOT;
      return size;
    },
    forget() {
      held = undefined;
    },
  };
}

function places(start: number): Record<Part, number> {
  let next = start;
  return Object.fromEntries(
    sizes.map(([part, size]) => {
      next += size;
      return [part, next - size];
    }),
  ) as Record<Part, number>;
}
