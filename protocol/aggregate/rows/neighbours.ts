/** Who is near whom: squared distances between own model and candidates, and the rows nearest to one of them. */

/**
 * |x_i - x_k|^2 between x_0 = 0 (the own model) and the x_1 .. x_m whose Gram matrix is given (m x m, row-major), as
 * (m + 1) x (m + 1), row-major. Equal vectors are at exactly 0; rounding never makes a square negative. O(m^2).
 */
export function squaredDistances(gram: Float64Array, m: number): Float64Array {
  const n = m + 1;
  const squares = new Float64Array(n * n);
  for (let j = 0; j < m; j++) {
    const jj = gram[j * m + j] as number;
    squares[j + 1] = jj;
    squares[(j + 1) * n] = jj;
    for (let k = 0; k < j; k++) {
      const square = Math.max(0, jj + (gram[k * m + k] as number) - 2 * (gram[j * m + k] as number));
      squares[(j + 1) * n + k + 1] = square;
      squares[(k + 1) * n + j + 1] = square;
    }
  }
  return squares;
}

/** Indices of the `count` smallest values, smallest first; ties by index, hence by peer id. O(n log n). */
export function smallest(values: Float64Array, count: number): number[] {
  return Array.from(values.keys())
    .sort((a, b) => (values[a] as number) - (values[b] as number) || a - b)
    .slice(0, count);
}
