/**
 * Euclidean distances between parameter vectors, with the same bits on every machine: in the order of sums of differences.ts,
 * by a kernel where the host has SIMD and the vectors are long enough to be worth it.
 */

import { BLOCK, gramPlain } from "./differences.ts";
import { gramKernel } from "./kernels/gram-kernel.ts";
import { kernelsServe } from "./kernels/workspace.ts";

/** Shorter vectors are done before a kernel has been called. */
const KERNEL_LENGTH = 64;

/** |a - b|, for vectors of one length d. O(d). */
export function distance(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let start = 0; start < a.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, a.length);
    let even = 0;
    let odd = 0;
    let i = start;
    for (; i + 1 < end; i += 2) {
      const first = (a[i] as number) - (b[i] as number);
      const second = (a[i + 1] as number) - (b[i + 1] as number);
      even += first * first;
      odd += second * second;
    }
    if (i < end) {
      const last = (a[i] as number) - (b[i] as number);
      even += last * last;
    }
    total += even + odd;
  }
  return Math.sqrt(total);
}

/**
 * The Gram matrix of x_j = vectors[j] - origin: m x m inner products, row-major. All distances follow from it:
 * |x_j|^2 = G_jj, |x_j - x_k|^2 = G_jj + G_kk - 2 G_jk, which is exactly 0 for equal vectors.
 * O(m^2 d / 2) time, m blocks of memory.
 */
export function gramOfDifferences(origin: Float32Array, vectors: readonly Float32Array[]): Float64Array {
  const rows = [origin, ...vectors];
  const byKernel = vectors.length > 0 && origin.length >= KERNEL_LENGTH && kernelsServe(rows.length);
  return byKernel ? gramKernel(rows) : gramPlain(rows);
}
