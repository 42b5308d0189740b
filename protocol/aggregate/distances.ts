/**
 * Euclidean distances between parameter vectors, with the same bits on every machine.
 *
 * Sums run in float64 over blocks of `BLOCK` coordinates, each block in order, and the sums of the blocks are added in order.
 * This order is part of the definition of the rules that use it, because the log is audited by computing them again; threads
 * may divide the blocks but not change it.
 */

/** Coordinates in one block: small enough that a block of all vectors stays in the cache. */
export const BLOCK = 4096;

/** |a - b|, for vectors of one length d. O(d). */
export function distance(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let start = 0; start < a.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, a.length);
    let sum = 0;
    for (let i = start; i < end; i++) {
      const difference = (a[i] as number) - (b[i] as number);
      sum += difference * difference;
    }
    total += sum;
  }
  return Math.sqrt(total);
}

/** One array of `BLOCK` numbers per row. */
export function createBlocks(rows: number): Float64Array[] {
  return Array.from({ length: rows }, () => new Float64Array(BLOCK));
}

/** Writes coordinates `start .. start + size - 1` of `vectors[j] - origin` to `blocks[j]`. */
export function readDifferences(
  origin: Float32Array,
  vectors: readonly Float32Array[],
  start: number,
  size: number,
  blocks: readonly Float64Array[],
): void {
  for (const [j, vector] of vectors.entries()) {
    const block = blocks[j] as Float64Array;
    for (let c = 0; c < size; c++) block[c] = (vector[start + c] as number) - (origin[start + c] as number);
  }
}

/**
 * The Gram matrix of x_j = vectors[j] - origin: m x m inner products, row-major. All distances follow from it:
 * |x_j|^2 = G_jj, |x_j - x_k|^2 = G_jj + G_kk - 2 G_jk, which is exactly 0 for equal vectors.
 * O(m^2 d / 2) time, m blocks of memory.
 */
export function gramOfDifferences(origin: Float32Array, vectors: readonly Float32Array[]): Float64Array {
  const m = vectors.length;
  const gram = new Float64Array(m * m);
  const blocks = createBlocks(m);
  for (let start = 0; start < origin.length; start += BLOCK) {
    const size = Math.min(BLOCK, origin.length - start);
    readDifferences(origin, vectors, start, size, blocks);
    for (let j = 0; j < m; j++)
      for (let k = 0; k <= j; k++)
        gram[j * m + k] =
          (gram[j * m + k] as number) + innerProduct(blocks[j] as Float64Array, blocks[k] as Float64Array, size);
  }
  for (let j = 0; j < m; j++) for (let k = 0; k < j; k++) gram[k * m + j] = gram[j * m + k] as number;
  return gram;
}

function innerProduct(a: Float64Array, b: Float64Array, size: number): number {
  let sum = 0;
  for (let c = 0; c < size; c++) sum += (a[c] as number) * (b[c] as number);
  return sum;
}
