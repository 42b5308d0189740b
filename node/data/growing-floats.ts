/** A Float32Array that grows as rows arrive whose number is not known before. */

export interface GrowingFloats {
  push(value: number): void;
  /** The values so far, an array of its own. */
  take(): Float32Array;
}

export function growingFloats(): GrowingFloats {
  let values = new Float32Array(1024);
  let length = 0;
  return {
    push(value) {
      if (length === values.length) {
        const wider = new Float32Array(2 * length);
        wider.set(values);
        values = wider;
      }
      values[length++] = value;
    },
    take: () => values.slice(0, length),
  };
}
