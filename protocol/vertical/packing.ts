/**
 * How residuals and columns lie in polynomials, so that one product of a sealed polynomial and a plain one gives several inner products at once.
 *
 *     residuals    d(x) = sum over i of d_i x^i                                 of rows i = 0 .. n - 1
 *     columns      f(x) = sum over j and i of f_ij x^(jn + n - 1 - i)           of columns j = 0 .. DEGREE / n - 1
 *     d(x) f(x)    has sum over i of d_i f_ij at x^(jn + n - 1)
 *
 * Neighbours do not reach that place: column j spreads from jn to jn + 2n - 2. What passes x^DEGREE comes back below x^(n - 1), where the first place is.
 * Beyond DEGREE rows, each part of DEGREE rows has a polynomial, and the products of the parts are added. Nothing is rotated, so no key but the public
 * one is needed. Source of the packing: Huang, Lu, Hong, Ding, "Cheetah", USENIX Security 2022, section 3.1.
 *
 * Fixed point: a column is divided by its largest value and times 2^15 - 1; residuals are divided by a power of two, and times 2^16, or less where there are more
 * than 2^13 - 1 rows. So no sum reaches 2^44, half of the plain modulus, and each comes out exactly.
 */
import { binaryExponent, power } from "../base/exp-log.ts";
import type { Polynomial } from "./seams.ts";

/** Of the polynomials. */
export const DEGREE = 8192;
/** Coefficients are whole numbers modulo 2^45. */
export const PLAIN_BITS = 45;

const COLUMN_BITS = 15;
const MOST_COLUMN = 2 ** 15 - 1;
const MOST_RESIDUAL_BITS = 16;

/** Polynomials that hold the residuals of so many rows. */
export function partsOf(numRows: number): number {
  return Math.ceil(numRows / DEGREE);
}

/** Columns whose inner products one product gives. */
export function columnsPerProduct(numRows: number): number {
  return Math.max(1, Math.floor(DEGREE / numRows));
}

/** Where the inner products stand in a product. */
export function placesOf(numRows: number): number[] {
  const rows = Math.min(numRows, DEGREE);
  return Array.from({ length: columnsPerProduct(numRows) }, (_, j) => j * rows + rows - 1);
}

/** n * 2^bits * 2^COLUMN_BITS < 2^(PLAIN_BITS - 1). */
export function residualBits(numRows: number): number {
  const rowBits = binaryExponent(numRows) + 1;
  return Math.min(MOST_RESIDUAL_BITS, PLAIN_BITS - 1 - COLUMN_BITS - rowBits);
}

/** The least power of two, as its exponent, that no residual exceeds; 0 for none at all. */
export function exponentOf(residuals: Float64Array): number {
  let largest = 0;
  for (const value of residuals) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return 0;
  const exponent = binaryExponent(largest);
  return power(2, exponent) < largest ? exponent + 1 : exponent;
}

/** @throws RangeError for a residual above 2^exponent. */
export function packResiduals(residuals: Float64Array, exponent: number): Polynomial[] {
  const most = power(2, exponent);
  const scale = power(2, residualBits(residuals.length)) / most;
  const parts = Array.from({ length: partsOf(residuals.length) }, () => new BigUint64Array(DEGREE));
  residuals.forEach((value, i) => {
    if (!(Math.abs(value) <= most)) throw new RangeError(`a residual of ${value} is above 2^${exponent}`);
    const part = parts[Math.floor(i / DEGREE)] as Polynomial;
    part[i % DEGREE] = BigInt.asUintN(PLAIN_BITS, BigInt(Math.round(value * scale)));
  });
  return parts;
}

/** Columns of a table, ready to be multiplied with residuals. */
export interface PackedColumns {
  readonly numRows: number;
  /** Of each product: a polynomial for each part. */
  readonly products: readonly (readonly Polynomial[])[];
  /** What each column was divided by; 1 for a column of zeros. */
  readonly largest: Float64Array;
}

/** @param column gives the values of one of `numColumns` columns. */
export function packColumns(
  numRows: number,
  numColumns: number,
  column: (index: number) => Float64Array,
): PackedColumns {
  const width = columnsPerProduct(numRows);
  const largest = new Float64Array(numColumns).fill(1);
  const products = Array.from({ length: Math.ceil(numColumns / width) }, () =>
    Array.from({ length: partsOf(numRows) }, () => new BigUint64Array(DEGREE)),
  );
  const rows = Math.min(numRows, DEGREE);
  for (let index = 0; index < numColumns; index++) {
    const values = column(index);
    const most = values.reduce((before, value) => Math.max(before, Math.abs(value)), 0);
    if (most > 0) largest[index] = most;
    const scale = most > 0 ? MOST_COLUMN / most : 0;
    const product = products[Math.floor(index / width)] as Polynomial[];
    const end = (index % width) * rows + rows - 1;
    values.forEach((value, i) => {
      const part = product[Math.floor(i / DEGREE)] as Polynomial;
      part[end - (i % DEGREE)] = BigInt.asUintN(PLAIN_BITS, BigInt(Math.round(value * scale)));
    });
  }
  return { numRows, products, largest };
}

/**
 * Inner products of residuals and columns.
 * @param sums of each product, in the order of its places: as they were opened, less their masks, modulo 2^PLAIN_BITS.
 */
export function innerProducts(columns: PackedColumns, sums: readonly bigint[][], exponent: number): Float64Array {
  const { numRows, largest } = columns;
  const width = columnsPerProduct(numRows);
  const unit = power(2, exponent - residualBits(numRows)) / MOST_COLUMN;
  return largest.map((most, index) => {
    const sum = sums[Math.floor(index / width)]?.[index % width] ?? 0n;
    return Number(BigInt.asIntN(PLAIN_BITS, sum)) * unit * most;
  });
}
