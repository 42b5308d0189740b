/**
 * Inner products of the differences of rows, two lanes of float64 at a time: the order of `innerProduct` in differences.ts.
 *
 * For one tile of coordinates x_j = (row j) - (row 0) is written out in float64; then come the products, in squares of 3 by 3
 * rows, whose nine sums stay in registers while the six rows stream through. Only j >= k is computed. Where the diagonal alone is
 * asked for, nothing is written out: the sums of twelve rows stay in registers.
 */

import type { Code } from "../../base/wasm-code.ts";
import { f64x2, forLoop, i32, local, v128 } from "../../base/wasm-instructions.ts";
import { BLOCK, sumOverSpans } from "../rows/differences.ts";
import { type Emitted, GROUP, TILE, type Workspace } from "./workspace.ts";

/** Rows of a square: nine sums, three rows and two more registers are what the 16 of x86-64 hold. */
const SIDE = 3;

/** Sums of squares that are kept in registers at once, so that no addition waits for the one before. */
const ABREAST = 12;

/** Differences that are written out before they are multiplied: 32 KiB of them, which the first cache holds beside the rows. */
const WRITTEN_OUT = 4096;

/** Adds `bytes` of the rows from byte `from` on to the products. */
type Products = (from: number, bytes: number) => void;
type Which = "pairs" | "squares";

/** Of four coordinates. */
const HALVES = [0, 1] as const;

/** The Gram matrix (q x q, row-major) of x_j = rows[j] - rows[0], j = 1 .. q, and q >= 1. */
export function gramKernel(workspace: Workspace, rows: readonly Float32Array[]): Float64Array {
  return sumOverSpans(rows, (span) => {
    const q = span.length - 1;
    const gram = sumsOfSpan(workspace, span, "pairs");
    for (let j = 0; j < q; j++) for (let k = 0; k < j; k++) gram[k * q + j] = gram[j * q + k] as number;
    return gram;
  });
}

/** Its diagonal, |x_j|^2. */
export function squaredLengthsKernel(workspace: Workspace, rows: readonly Float32Array[]): Float64Array {
  const q = rows.length - 1;
  const sums = sumOverSpans(rows, (span) => sumsOfSpan(workspace, span, "squares"));
  return Float64Array.from({ length: q }, (_, j) => sums[j * q + j] as number);
}

/** q x q sums of which those of `which` are set, of pairs only where j >= k. */
function sumsOfSpan(workspace: Workspace, rows: readonly Float32Array[], which: Which): Float64Array {
  const { f64, at } = workspace;
  const q = rows.length - 1;
  const d = (rows[0] as Float32Array).length;
  const tile = Math.min(TILE, Math.max(GROUP, Math.floor(WRITTEN_OUT / q / GROUP) * GROUP));
  const addProducts = workspace.kernel<Products>(`${which} ${q}`, () =>
    which === "pairs" ? emitProducts(at, q, tile) : emitSquares(at, q),
  );
  const gram = new Float64Array(q * q);
  const products = at.products / 8;
  for (let start = 0, shown = 0; start < d; start += shown) {
    shown = workspace.show(rows, start);
    for (let done = 0, size = 0; done < shown; done += size) {
      const place = (start + done) % BLOCK;
      size = Math.min(which === "pairs" ? tile : BLOCK, BLOCK - place, shown - done);
      if (place === 0) f64.fill(0, products, products + 2 * q * q);
      addProducts(4 * done, 4 * Math.ceil(size / GROUP) * GROUP);
      if (place + size === BLOCK || start + done + size === d)
        for (let jk = 0; jk < q * q; jk++)
          gram[jk] =
            (gram[jk] as number) + ((f64[products + 2 * jk] as number) + (f64[products + 2 * jk + 1] as number));
    }
  }
  return gram;
}

/** Four coordinates at a time: the squares of x_j added to the sums of their row. */
function emitSquares(places: Workspace["at"], q: number): Emitted {
  const [from, bytes, at, end, address, own, value, sums] = [0, 1, 2, 3, 4, 5, 7, 8] as const;
  const bands: Code[] = [];
  for (let first = 0; first < q; first += ABREAST) {
    const band = Array.from({ length: Math.min(ABREAST, q - first) }, (_, a) => {
      return { row: first + a + 1, sum: sums + a, at: places.products + 16 * (first + a) * (q + 1) };
    });
    bands.push(
      band.map(({ sum, at }) => local.set(sum, v128.load(i32.const(at)))),
      forLoop(
        at,
        local.get(from),
        local.get(end),
        16,
        find(places, 0, at, address),
        HALVES.map((half) => local.set(own + half, read(address, half))),
        band.map(({ row, sum }) => [
          find(places, row, at, address),
          HALVES.map((half) => [
            local.set(value, f64x2.sub(read(address, half), local.get(own + half))),
            local.set(sum, f64x2.add(local.get(sum), f64x2.mul(local.get(value), local.get(value)))),
          ]),
        ]),
      ),
      band.map(({ sum, at }) => v128.store(i32.const(at), local.get(sum))),
    );
  }
  const body = [local.set(end, i32.add(local.get(from), local.get(bytes))), bands];
  const locals = ["i32", "i32", "i32", ...new Array<"v128">(3 + ABREAST).fill("v128")] as const;
  return { params: ["i32", "i32"], locals, body };
}

function emitProducts(places: Workspace["at"], q: number, tile: number): Emitted {
  const [from, bytes, source, target, end, address, registers] = [0, 1, 2, 3, 4, 5, 6] as const;
  /** A cache line more than the data, or the same coordinate of all rows would compete for one cache set. */
  const stride = 8 * tile + 64;
  const rowsFrom1 = Array.from({ length: q }, (_, j) => j + 1);
  const differences = forLoop(
    target,
    i32.const(0),
    local.get(end),
    32,
    local.set(source, i32.add(local.get(from), i32.shr_u(local.get(target), i32.const(1)))),
    find(places, 0, source, address),
    HALVES.map((half) => local.set(registers + half, read(address, half))),
    rowsFrom1.map((j) => [
      find(places, j, source, address),
      HALVES.map((half) => {
        const difference = f64x2.sub(read(address, half), local.get(registers + half));
        return v128.store(local.get(target), difference, places.differences + (j - 1) * stride + 16 * half);
      }),
    ]),
  );

  const squares: Code[] = [];
  for (let j = 0; j < q; j += SIDE) for (let k = 0; k <= j; k += SIDE) squares.push(square(j, k));

  /** Rows j .. j + 2 with rows k .. k + 2, those of the lower triangle. */
  function square(j: number, k: number): Code {
    const pairs: { a: number; b: number; sum: number; at: number }[] = [];
    for (let a = 0; a < SIDE && j + a < q; a++)
      for (let b = 0; b < SIDE && k + b <= j + a; b++)
        pairs.push({ a, b, sum: registers + pairs.length, at: places.products + 16 * ((j + a) * q + k + b) });
    const row = registers + SIDE * SIDE;
    const values = (at: number) => v128.load(local.get(target), places.differences + at * stride);
    const step = Array.from({ length: SIDE }, (_, a) => {
      const mine = pairs.filter((pair) => pair.a === a);
      if (mine.length === 0) return [];
      const multiply = mine.map(({ b, sum }) => {
        const product = f64x2.mul(local.get(row + SIDE), local.get(row + b));
        return local.set(sum, f64x2.add(local.get(sum), product));
      });
      return [local.set(row + SIDE, values(j + a)), multiply];
    });
    const columns = new Set(pairs.map(({ b }) => b));
    return [
      pairs.map(({ sum, at }) => local.set(sum, v128.load(i32.const(at)))),
      forLoop(
        target,
        i32.const(0),
        local.get(end),
        16,
        [...columns].map((b) => local.set(row + b, values(k + b))),
        step,
      ),
      pairs.map(({ sum, at }) => v128.store(i32.const(at), local.get(sum))),
    ];
  }

  const body = [local.set(end, i32.shl(local.get(bytes), i32.const(1))), differences, squares];
  const locals = ["i32", "i32", "i32", "i32", ...new Array<"v128">(SIDE * SIDE + SIDE + 1).fill("v128")] as const;
  return { params: ["i32", "i32"], locals, body };
}

/** Sets local `address` to where the coordinates at byte `at` of a row are. */
function find({ rows }: Workspace["at"], row: number, at: number, address: number): Code {
  return local.set(address, i32.add(i32.load(i32.const(rows + 4 * row)), local.get(at)));
}

/** Half of the four coordinates there. */
function read(address: number, half: number): Code {
  return f64x2.promote_low_f32x4(v128.load64_zero(local.get(address), 8 * half));
}
