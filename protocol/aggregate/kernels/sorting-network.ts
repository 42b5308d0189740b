/**
 * Sorting networks: comparisons that do not depend on the outcome of earlier ones, as vector lanes need them.
 *
 * Batcher's odd-even merge exchange for any n (Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M): about
 * n log2(n)^2 / 4 comparators, 63 for n = 16.
 */

/** The lesser of the two goes to the first place, the greater to the second. */
export type Comparator = readonly [first: number, second: number];

/** The comparators that sort n values, in order. The names are Knuth's. */
export function sortingNetwork(n: number): Comparator[] {
  const comparators: Comparator[] = [];
  const top = n < 2 ? 0 : 2 ** (Math.ceil(Math.log2(n)) - 1);
  for (let p = top; p > 0; p = Math.floor(p / 2)) {
    let [q, r, d] = [top, 0, p];
    for (;;) {
      for (let i = 0; i < n - d; i++) if ((i & p) === r) comparators.push([i, i + d]);
      if (q === p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
  return comparators;
}
