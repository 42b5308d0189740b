/**
 * Copies of vectors in memory that all threads of the process see. What is given back is kept for the next copy, because V8
 * does not count shared memory: nothing would hurry the garbage collectors of all the threads that have seen it. And pages that are
 * there already are much faster to fill than new ones.
 */

export interface SharedVectors {
  /** A copy of the vector; the vector itself where it lies in shared memory already. */
  copy(vector: Float32Array): Float32Array;
  /** Takes back what `copy` returned, once nobody reads it any more. */
  giveBack(vector: Float32Array): void;
}

export function createSharedVectors(): SharedVectors {
  const lent = new Set<Float32Array>();
  let free: Float32Array[] = [];
  return {
    copy(vector) {
      if (isShared(vector)) return vector;
      const { length } = vector;
      free = free.filter((other) => other.length === length); // models of one task are of one length
      const copy = free.pop() ?? new Float32Array(new SharedArrayBuffer(4 * length));
      copy.set(vector);
      lent.add(copy);
      return copy;
    },
    giveBack(vector) {
      if (lent.delete(vector)) free.push(vector);
    },
  };
}

export function isShared({ buffer }: Float32Array): boolean {
  return buffer instanceof SharedArrayBuffer;
}
