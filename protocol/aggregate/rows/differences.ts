/**
 * Sums over coordinates in a fixed order, the plain way: what the kernels must equal to the bit.
 *
 * Sums run in float64 over blocks of `BLOCK` coordinates. Within a block there are two lanes, of the even and of the odd
 * coordinates, each in order; the block's sum is that of its lanes. The sums of the blocks of one span (passes.ts) are added in
 * order, and so are those of the spans. This is part of the definition of the rules that use it, because the log is audited by
 * computing them again. Threads may divide the spans but not change them.
 */

import { SPAN } from "./passes.ts";

/** Coordinates in one block. Even, so that the lanes of a block are those of the whole vector. */
export const BLOCK = 4096;

/** The sum of products of two blocks, over their first `size` numbers. */
export function innerProduct(a: Float64Array, b: Float64Array, size: number): number {
  let even = 0;
  let odd = 0;
  let c = 0;
  for (; c + 1 < size; c += 2) {
    even += (a[c] as number) * (b[c] as number);
    odd += (a[c + 1] as number) * (b[c + 1] as number);
  }
  if (c < size) even += (a[c] as number) * (b[c] as number);
  return even + odd;
}

/**
 * `sums` of each span of the rows, added up in order: how a host with threads puts together what they found, each for its spans.
 */
export function sumOverSpans(
  rows: readonly Float32Array[],
  sums: (rows: readonly Float32Array[]) => Float64Array,
): Float64Array {
  const d = rows[0]?.length ?? 0;
  if (d <= SPAN) return sums(rows);
  return spansOf(d)
    .map(([start, end]) => sums(rows.map((row) => row.subarray(start, end))))
    .reduce(addTo);
}

/** Start and end of each span of d coordinates. */
export function spansOf(d: number): (readonly [start: number, end: number])[] {
  return Array.from({ length: Math.ceil(d / SPAN) }, (_, i) => [i * SPAN, Math.min((i + 1) * SPAN, d)] as const);
}

/** `total` + `part`, in place. */
export function addTo(total: Float64Array, part: Float64Array): Float64Array {
  for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (part[i] as number);
  return total;
}

/** The Gram matrix (q x q, row-major) of x_j = rows[j] - rows[0], j = 1 .. q. O(q^2 d / 2) time, q blocks of memory. */
export function gramPlain(rows: readonly Float32Array[]): Float64Array {
  return sumOverSpans(rows, gramOfSpan);
}

/** Its diagonal, |x_j|^2, to the bit. O(q d) time. */
export function squaredLengthsPlain(rows: readonly Float32Array[]): Float64Array {
  const origin = rows[0] as Float32Array;
  const squares = new Float64Array(rows.length - 1);
  for (let j = 0; j < squares.length; j++) squares[j] = gramPlain([origin, rows[j + 1] as Float32Array])[0] as number;
  return squares;
}

function gramOfSpan(rows: readonly Float32Array[]): Float64Array {
  const q = rows.length - 1;
  const origin = rows[0] as Float32Array;
  const gram = new Float64Array(q * q);
  const blocks = Array.from({ length: q }, () => new Float64Array(BLOCK));
  for (let start = 0; start < origin.length; start += BLOCK) {
    const size = Math.min(BLOCK, origin.length - start);
    for (const [j, block] of blocks.entries()) {
      const row = rows[j + 1] as Float32Array;
      for (let c = 0; c < size; c++) block[c] = (row[start + c] as number) - (origin[start + c] as number);
    }
    for (let j = 0; j < q; j++)
      for (let k = 0; k <= j; k++)
        gram[j * q + k] =
          (gram[j * q + k] as number) + innerProduct(blocks[j] as Float64Array, blocks[k] as Float64Array, size);
  }
  for (let j = 0; j < q; j++) for (let k = 0; k < j; k++) gram[k * q + j] = gram[j * q + k] as number;
  return gram;
}
