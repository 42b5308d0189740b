/**
 * Sorting networks: comparisons that do not depend on the outcome of earlier ones, as vector lanes need them; and what is left of
 * one where not the whole order is asked for.
 *
 * Batcher's odd-even merge exchange for any n (Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M): about
 * n log2(n)^2 / 4 comparators, 63 for n = 16.
 */

/** The lesser of the two goes to the first place, the greater to the second. */
export type Comparator = readonly [first: number, second: number];

/** A comparator of which one result, or both, are used. */
export interface Step {
  readonly places: Comparator;
  readonly lesser: boolean;
  readonly greater: boolean;
}

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

/**
 * The steps that bring the right values to the places `first` .. `last` of n; with `unordered`, two neighbouring places may hold theirs
 * in either order. Walking backwards, a step is needed where something reads a result of it. For the two in the middle of 8 that is 26
 * results of 38.
 */
export function selectionNetwork(n: number, first: number, last: number, unordered: boolean = false): Step[] {
  const steps: Step[] = [];
  const needed = Array.from({ length: n }, (_, place) => first <= place && place <= last);
  let free = unordered && last === first + 1;
  for (const places of sortingNetwork(n).reverse()) {
    const [a, b] = places;
    const [lesser, greater] = [needed[a] === true, needed[b] === true];
    if (!lesser && !greater) continue;
    // Up to the first step that reads one of the two alone, one that would put them in order changes nothing.
    if (free && a === first && b === last) continue;
    free &&= ![a, b].some((place) => place === first || place === last);
    needed[a] = true;
    needed[b] = true;
    steps.push({ places, lesser, greater });
  }
  return steps.reverse();
}
