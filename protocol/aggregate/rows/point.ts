/** A point z = own + sum_i alpha_i (z_i - own) among the rows, known by its coefficients alone. */

/** |z - z_i| for each row; `inner` holds the inner products of the z_i - own, n x n. O(n^2). */
export function distancesFrom(alpha: Float64Array, inner: Float64Array): Float64Array {
  const n = alpha.length;
  const product = new Float64Array(n);
  let square = 0; // |z - own|^2
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += (inner[i * n + k] as number) * (alpha[k] as number);
    product[i] = sum;
    square += sum * (alpha[i] as number);
  }
  return product.map((inward, i) => Math.sqrt(Math.max(0, (inner[i * (n + 1)] as number) - 2 * inward + square)));
}
