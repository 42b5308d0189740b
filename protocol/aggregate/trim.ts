/** The trimmed mean of one column of numbers. */

/**
 * A function that drops the b smallest and the b largest of n numbers and averages the others.
 *
 * The sum runs from the smallest to the largest, so that it does not depend on the order of the column. Insertion sort, since
 * n is at most 65. Not re-entrant: the function owns its scratch memory. O(n^2) time, O(n) memory.
 * @throws RangeError unless 0 <= 2 b < n.
 */
export function createTrimmedMean(n: number, b: number): (column: Float64Array) => number {
  if (b < 0 || 2 * b >= n) throw new RangeError(`${b} of ${n} numbers cannot be dropped on either side`);
  const sorted = new Float64Array(n);
  const end = n - b;
  const kept = n - 2 * b;

  return (column) => {
    for (let i = 0; i < n; i++) {
      const value = column[i] as number;
      let at = i;
      for (; at > 0 && (sorted[at - 1] as number) > value; at--) sorted[at] = sorted[at - 1] as number;
      sorted[at] = value;
    }
    let sum = 0;
    for (let i = b; i < end; i++) sum += sorted[i] as number;
    return sum / kept;
  };
}
