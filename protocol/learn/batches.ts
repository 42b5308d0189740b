/**
 * The order of mini-batches: an endless walk over fresh random permutations of the examples, so that every example is
 * drawn once before any is drawn again. Every engine takes its batches here: same seed, same data, same batches.
 */
import { createRng } from "../rng.ts";

/**
 * A function that returns the next `min(batch, length)` indices of 0 .. length - 1 at each call (a new array).
 * A batch may straddle two permutations; a batch as large as the data set is always the whole of it.
 * Throws RangeError unless length and batch are positive integers.
 */
export function createBatches(length: number, batch: number, seed: string): () => Uint32Array {
  for (const [name, value] of Object.entries({ length, batch })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} ${value} is no positive integer`);
  }
  const rng = createRng(`batches/${seed}`);
  const size = Math.min(batch, length);
  let order = rng.permutation(length);
  let next = 0;
  return () => {
    const indices = new Uint32Array(size);
    for (let filled = 0; filled < size; ) {
      if (next === length) {
        order = rng.permutation(length);
        next = 0;
      }
      const taken = order.subarray(next, next + size - filled);
      indices.set(taken, filled);
      filled += taken.length;
      next += taken.length;
    }
    return indices;
  };
}

/** Copies the rows at `indices` (each `width` numbers of `from`) to the start of `to`, in that order. */
export function gatherRows(from: Float32Array, width: number, indices: Uint32Array, to: Float32Array): void {
  for (const [i, row] of indices.entries()) to.set(from.subarray(row * width, (row + 1) * width), i * width);
}
