/**
 * The order of mini-batches: an endless walk over fresh random permutations of the examples, so that every example is
 * drawn once before any is drawn again. Every engine takes its batches here: same seed, same data, same batches.
 */
import { createRng } from "../../base/rng.ts";

/** Up to so many numbers a plain loop copies faster than a call of `set`. */
const FEW = 128;

/**
 * A function that returns the next `min(batch, length)` indices of 0 .. length - 1 at each call (a new array).
 * A batch may straddle two permutations; a batch as large as the data set is always the whole of it.
 * Throws RangeError unless length and batch are positive integers.
 */
export function createBatches(length: number, batch: number, seed: string): () => Uint32Array {
  const draw = createDraw(length, batch, seed);
  const size = Math.min(batch, length);
  return () => {
    const indices = new Uint32Array(size);
    draw(indices);
    return indices;
  };
}

/** The first `steps` batches of `createBatches`, one after the other. */
export function batchOrder(length: number, batch: number, seed: string, steps: number): Uint32Array {
  const draw = createDraw(length, batch, seed);
  const order = new Uint32Array(steps * Math.min(batch, length));
  draw(order);
  return order;
}

/** Fills what it is given with the next indices of the walk. */
function createDraw(length: number, batch: number, seed: string): (to: Uint32Array) => void {
  checkSize("length", length);
  checkSize("batch", batch);
  const rng = createRng(`batches/${seed}`);
  let order = rng.permutation(length);
  let next = 0;
  return (to) => {
    for (let i = 0; i < to.length; i++) {
      if (next === length) {
        order = rng.permutation(length);
        next = 0;
      }
      to[i] = order[next++] as number;
    }
  };
}

function checkSize(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} ${value} is no positive integer`);
}

/** Copies the rows at `indices` (each `width` numbers of `from`) to the start of `to`, in that order. */
export function gatherRows(from: Float32Array, width: number, indices: Uint32Array, to: Float32Array): void {
  for (let i = 0; i < indices.length; i++) {
    const start = (indices[i] as number) * width;
    if (width > FEW) to.set(from.subarray(start, start + width), i * width);
    else for (let k = 0; k < width; k++) to[i * width + k] = from[start + k] as number;
  }
}
