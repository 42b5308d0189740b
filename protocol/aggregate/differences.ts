/**
 * Sums over coordinates in a fixed order, the plain way: what the kernels must equal to the bit.
 *
 * Sums run in float64 over blocks of `BLOCK` coordinates. Within a block there are two lanes, of the even and of the odd
 * coordinates, each in order; the block's sum is that of its lanes, and the sums of the blocks are added in order. This is part
 * of the definition of the rules that use it, because the log is audited by computing them again. Threads may divide
 * the blocks but not change them.
 */

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

/** The Gram matrix (q x q, row-major) of x_j = rows[j] - rows[0], j = 1 .. q. O(q^2 d / 2) time, q blocks of memory. */
export function gramPlain(rows: readonly Float32Array[]): Float64Array {
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
