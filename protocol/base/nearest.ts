/** The name that was probably meant, where one is unknown. */

/** Of the letters of a name; more is another name. */
export const MOST_DIFFERENT = 0.4;
/** Nobody mistypes more: a longer name is a stranger's, and costs nothing. */
const MAX_CHARACTERS = 64;

/** The name among these that is nearest, spellings such as `min-cycle` and `minCycle` being one; undefined where none is near. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  if (given.length > MAX_CHARACTERS) return undefined;
  let [best, least] = [undefined as string | undefined, MOST_DIFFERENT * plain(given).length];
  for (const name of names) {
    const apart = distance(plain(given), plain(name));
    if (apart < least || (apart === least && best === undefined)) [best, least] = [name, apart];
  }
  return best;
}

/** Lower case, letters and digits only. */
export function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** The fewest letters to be put in, taken out or changed, and neighbours to be exchanged (optimal string alignment). */
export function distance(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isExchange = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const exchanged = isExchange ? (before[j - 2] as number) + 1 : changed;
      next.push(Math.min(changed, exchanged, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] as number;
}
