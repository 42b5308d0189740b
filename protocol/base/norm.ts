/** How long a parameter vector is, and may become. */

/** sqrt(sum of squares) in float64; NaN or infinite exactly where an element is (squares of float32 can't overflow float64). */
export function euclideanNorm(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    sum += value * value; // not ** 2, which is a call until the loop is optimised
  }
  return Math.sqrt(sum);
}

/** The norm above which a model ran away, or is a lie, to whom has one of this norm. */
export function longestNorm(ownNorm: number): number {
  return 10 * (ownNorm + 1);
}
