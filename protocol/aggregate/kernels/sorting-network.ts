/**
 * Sorting networks: comparisons that do not depend on the outcome of earlier ones, as vector lanes need them; and what is left of
 * one where not the whole order is asked for.
 *
 * The pairwise network (Parberry, Parallel Processing Letters 2, 1992): about n log2(n)^2 / 4 comparators, 63 for n = 16, as many as
 * Batcher's; but of a selection less is left of it (Codish and Zazon-Ivry, LPAR 2010), of the median of 32 a twelfth less.
 */
import { binaryExponent, power } from "../../base/exp-log.ts";

/** The lesser of the two goes to the first place, the greater to the second. */
export type Comparator = readonly [first: number, second: number];

/** A comparator of which one result, or both, are used. */
export interface Step {
  readonly places: Comparator;
  readonly lesser: boolean;
  readonly greater: boolean;
}

/**
 * The comparators that sort n values, in order: those of the next power of two between the n places in the middle. Below them stand
 * values that are less than all, above them such as are greater, and none of these would ever move.
 */
export function sortingNetwork(n: number): Comparator[] {
  const size = n < 2 ? 1 : 2 * power(2, binaryExponent(n - 1));
  const below = Math.ceil((size - n) / 2);
  return pairwise(size)
    .map(([a, b]): Comparator => [a - below, b - below])
    .filter(([a, b]) => a >= 0 && b < n);
}

/** Pairs are put in order, then the lesser of them among themselves and the greater ones, then neighbouring pairs. */
function pairwise(size: number): Comparator[] {
  if (size < 2) return [];
  const pairs = Array.from({ length: size / 2 }, (_, i): Comparator => [2 * i, 2 * i + 1]);
  const half = pairwise(size / 2);
  const [lesser, greater] = [0, 1].map((side) => half.map(([a, b]): Comparator => [2 * a + side, 2 * b + side]));
  const merged: Comparator[] = [];
  for (let reach = size / 2; reach >= 2; reach /= 2)
    for (let i = 1; i + reach - 1 < size; i += 2) merged.push([i, i + reach - 1]);
  return [...pairs, ...(lesser ?? []), ...(greater ?? []), ...merged];
}

/**
 * The steps that bring the right values to the places `first` .. `last` of n; with `unordered`, two neighbouring places may hold theirs
 * in either order. Walking backwards, a step is needed where something reads a result of it. For the two in the middle of 8 that is 26
 * results of 38.
 */
export function selectionNetwork(n: number, first: number, last: number, unordered: boolean = false): Step[] {
  if (n > 1 && first === last && n === 2 * first + 1) return oddMiddle(n);
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

/** The middle of an odd number of values is the middle one of the last of them and the two in the middle of the others. */
function oddMiddle(n: number): Step[] {
  const middle = (n - 1) / 2;
  return [
    ...selectionNetwork(n - 1, middle - 1, middle, true),
    { places: [middle - 1, middle], lesser: true, greater: true },
    { places: [middle, n - 1], lesser: true, greater: false },
    { places: [middle - 1, middle], lesser: false, greater: true },
  ];
}
