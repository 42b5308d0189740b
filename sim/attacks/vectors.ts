/**
 * The few operations on parameter vectors that lies are made of: sums in float64, results in float32 where they are
 * models.
 */

export type Vector = Float32Array | Float64Array;

/** a + factor b, in float32. */
export function addScaled(a: Vector, factor: number, b: Vector): Float32Array {
  const result = new Float32Array(a.length);
  for (let i = 0; i < result.length; i++) result[i] = (a[i] as number) + factor * (b[i] as number);
  return result;
}

/** a + factor b c, coordinate by coordinate, in float32. */
export function addProduct(a: Vector, factor: number, b: Vector, c: Vector): Float32Array {
  const result = new Float32Array(a.length);
  for (let i = 0; i < result.length; i++) result[i] = (a[i] as number) + factor * (b[i] as number) * (c[i] as number);
  return result;
}

/** factor a, in float32. */
export function scaled(a: Vector, factor: number): Float32Array {
  const result = new Float32Array(a.length);
  for (let i = 0; i < result.length; i++) result[i] = factor * (a[i] as number);
  return result;
}

/** a - b, in float64. */
export function difference(a: Vector, b: Vector): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < result.length; i++) result[i] = (a[i] as number) - (b[i] as number);
  return result;
}

/** sum of a_i b_i */
export function innerProduct(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Euclidean norm. */
export function lengthOf(a: Vector): number {
  return Math.sqrt(innerProduct(a, a));
}

/** The vector of length 1 in the direction of `a`; undefined where that has none. */
export function unit(a: Vector): Float64Array | undefined {
  const length = lengthOf(a);
  return length > 0 ? Float64Array.from(a, (value) => value / length) : undefined;
}
