/** Numbers in double precision that come one by one, their count unknown before. */

export interface GrowingFloats {
  push(value: number): void;
  /** The values so far; ends the growing. */
  take(): Float64Array;
}

const BYTES = Float64Array.BYTES_PER_ELEMENT;

export function growingFloats(): GrowingFloats {
  let values = new Float64Array(1024);
  let length = 0;
  return {
    push(value) {
      // moves or extends the memory; a copy beside it would be half as much again
      if (length === values.length) values = new Float64Array(values.buffer.transfer(2 * length * BYTES));
      values[length++] = value;
    },
    take: () => new Float64Array(values.buffer.transfer(length * BYTES)),
  };
}
