/** Systems of equations with a positive definite matrix: A = L L', solved forwards and backwards. */

/** L of the lower half of A, row by row. @throws RangeError where A is not positive definite. */
export function cholesky(matrix: readonly Float64Array[]): Float64Array[] {
  const factor = matrix.map((row) => new Float64Array(row.length));
  for (let i = 0; i < matrix.length; i++) {
    const row = factor[i] as Float64Array;
    for (let j = 0; j <= i; j++) {
      const other = factor[j] as Float64Array;
      let sum = (matrix[i] as Float64Array)[j] as number;
      for (let k = 0; k < j; k++) sum -= (row[k] as number) * (other[k] as number);
      if (i === j && !(sum > 0)) throw new RangeError("not positive definite");
      row[j] = i === j ? Math.sqrt(sum) : sum / (other[j] as number);
    }
  }
  return factor;
}

/** x with L L' x = b. */
export function solveCholesky(factor: readonly Float64Array[], b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = 0; i < x.length; i++) {
    const row = factor[i] as Float64Array;
    let sum = x[i] as number;
    for (let k = 0; k < i; k++) sum -= (row[k] as number) * (x[k] as number);
    x[i] = sum / (row[i] as number);
  }
  for (let i = x.length - 1; i >= 0; i--) {
    let sum = x[i] as number;
    for (let k = i + 1; k < x.length; k++) sum -= ((factor[k] as Float64Array)[i] as number) * (x[k] as number);
    x[i] = sum / ((factor[i] as Float64Array)[i] as number);
  }
  return x;
}
