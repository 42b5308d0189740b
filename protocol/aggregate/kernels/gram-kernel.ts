/**
 * Inner products of the differences of rows, two lanes of float64 at a time: the order of `innerProduct` in differences.ts.
 *
 * For one tile of coordinates x_j = (row j) - (row 0) is written out in float64; then come the products, in squares of 3 by 3
 * rows, whose nine sums stay in registers while the six rows stream through. Only j >= k is computed. Where the diagonal alone is
 * asked for, nothing is written out: the sums of twelve rows stay in registers.
 */

import { assemble, type Code, f64x2, forLoop, i32, instantiate, local, v128 } from "../../wasm-module.ts";
import { BLOCK, sumOverSpans } from "../differences.ts";
import { AT, CHUNK, DIFFERENCE_ROW, GROUP, loadRows, SLOT, TILE, workspace } from "./workspace.ts";

/** Rows of a square: nine sums, three rows and two more registers are what the 16 of x86-64 hold. */
const SIDE = 3;

/** Sums of squares that are kept in registers at once, so that no addition waits for the one before. */
const ABREAST = 12;

/** Adds some coordinates from byte `from` of the slots on to the products. */
type Products = (from: number, coordinates: number) => void;

/** By number of rows, for all pairs and for each row with itself. */
const kernels = { pairs: [] as (Products | undefined)[], squares: [] as (Products | undefined)[] };

/** The Gram matrix (q x q, row-major) of x_j = rows[j] - rows[0], j = 1 .. q, and q >= 1. */
export function gramKernel(rows: readonly Float32Array[]): Float64Array {
  return sumOverSpans(rows, (span) => {
    const q = span.length - 1;
    const gram = sumsOfSpan(span, "pairs");
    for (let j = 0; j < q; j++) for (let k = 0; k < j; k++) gram[k * q + j] = gram[j * q + k] as number;
    return gram;
  });
}

/** Its diagonal, |x_j|^2. */
export function squaredLengthsKernel(rows: readonly Float32Array[]): Float64Array {
  const q = rows.length - 1;
  const sums = sumOverSpans(rows, (span) => sumsOfSpan(span, "squares"));
  return Float64Array.from({ length: q }, (_, j) => sums[j * q + j] as number);
}

/** q x q sums of which those of `which` are set, of pairs only where j >= k. */
function sumsOfSpan(rows: readonly Float32Array[], which: keyof typeof kernels): Float64Array {
  const q = rows.length - 1;
  const d = (rows[0] as Float32Array).length;
  const { f64, memory } = workspace();
  let addProducts = kernels[which][q];
  if (addProducts === undefined) {
    const emitted = which === "pairs" ? emitProducts(q) : emitSquares(q);
    addProducts = instantiate<{ products: Products }>(emitted, memory).products;
    kernels[which][q] = addProducts;
  }
  const gram = new Float64Array(q * q);
  const step = which === "pairs" ? TILE : BLOCK;
  const products = AT.products / 8;
  for (let chunk = 0; chunk < d; chunk += CHUNK) {
    const size = Math.min(CHUNK, d - chunk);
    loadRows(rows, chunk, size);
    for (let start = 0; start < size; start += BLOCK) {
      const end = Math.min(start + BLOCK, size);
      f64.fill(0, products, products + 2 * q * q);
      for (let tile = start; tile < end; tile += step)
        addProducts(4 * tile, Math.ceil(Math.min(step, end - tile) / GROUP) * GROUP);
      for (let jk = 0; jk < q * q; jk++)
        gram[jk] = (gram[jk] as number) + ((f64[products + 2 * jk] as number) + (f64[products + 2 * jk + 1] as number));
    }
  }
  return gram;
}

/** Two coordinates at a time: the squares of x_j added to the sums of their row. */
function emitSquares(q: number): Uint8Array {
  const [from, coordinates, at, end, own, value, sums] = [0, 1, 2, 3, 4, 5, 6] as const;
  const read = (row: number) => f64x2.promote_low_f32x4(v128.load64_zero(local.get(at), AT.slots + row * SLOT));
  const bands: Code[] = [];
  for (let first = 0; first < q; first += ABREAST) {
    const band = Array.from({ length: Math.min(ABREAST, q - first) }, (_, a) => {
      return { row: first + a + 1, sum: sums + a, at: AT.products + 16 * (first + a) * (q + 1) };
    });
    bands.push(
      band.map(({ sum, at }) => local.set(sum, v128.load(i32.const(at)))),
      forLoop(
        at,
        local.get(from),
        local.get(end),
        8,
        local.set(own, read(0)),
        band.map(({ row, sum }) => [
          local.set(value, f64x2.sub(read(row), local.get(own))),
          local.set(sum, f64x2.add(local.get(sum), f64x2.mul(local.get(value), local.get(value)))),
        ]),
      ),
      band.map(({ sum, at }) => v128.store(i32.const(at), local.get(sum))),
    );
  }
  const body = [local.set(end, i32.add(local.get(from), i32.shl(local.get(coordinates), i32.const(2)))), bands];
  const locals = ["i32", "i32", ...new Array<"v128">(2 + ABREAST).fill("v128")] as const;
  return assemble({ functions: [{ name: "products", params: ["i32", "i32"], results: [], locals, body }] });
}

function emitProducts(q: number): Uint8Array {
  const [from, coordinates, source, target, end, registers] = [0, 1, 2, 3, 4, 5] as const;
  const [own0, own1] = [registers, registers + 1];

  const difference = (j: number, half: number, own: number) => {
    const value = f64x2.promote_low_f32x4(v128.load64_zero(local.get(source), AT.slots + j * SLOT + 8 * half));
    const at = AT.differences + (j - 1) * DIFFERENCE_ROW + 16 * half;
    return v128.store(local.get(target), f64x2.sub(value, local.get(own)), at);
  };
  const rowsFrom1 = Array.from({ length: q }, (_, j) => j + 1);
  const differences = forLoop(
    target,
    i32.const(0),
    local.get(end),
    32,
    local.set(source, i32.add(local.get(from), i32.shr_u(local.get(target), i32.const(1)))),
    local.set(own0, f64x2.promote_low_f32x4(v128.load64_zero(local.get(source), AT.slots))),
    local.set(own1, f64x2.promote_low_f32x4(v128.load64_zero(local.get(source), AT.slots + 8))),
    rowsFrom1.map((j) => [difference(j, 0, own0), difference(j, 1, own1)]),
  );

  const squares: Code[] = [];
  for (let j = 0; j < q; j += SIDE) for (let k = 0; k <= j; k += SIDE) squares.push(square(j, k));

  /** Rows j .. j + 2 with rows k .. k + 2, those of the lower triangle. */
  function square(j: number, k: number): Code {
    const pairs: { a: number; b: number; sum: number; at: number }[] = [];
    for (let a = 0; a < SIDE && j + a < q; a++)
      for (let b = 0; b < SIDE && k + b <= j + a; b++)
        pairs.push({ a, b, sum: registers + pairs.length, at: AT.products + 16 * ((j + a) * q + k + b) });
    const row = registers + SIDE * SIDE;
    const values = (at: number) => v128.load(local.get(target), AT.differences + at * DIFFERENCE_ROW);
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

  const body = [local.set(end, i32.shl(local.get(coordinates), i32.const(3))), differences, squares];
  const locals = ["i32", "i32", "i32", ...new Array<"v128">(SIDE * SIDE + SIDE + 1).fill("v128")] as const;
  return assemble({
    functions: [{ name: "products", params: ["i32", "i32"], results: [], locals, body }],
  });
}
