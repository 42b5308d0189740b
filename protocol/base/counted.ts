/** A number with its noun, for sentences that people read. */

/**
 * `1 row`, `2 rows`, `0 rows`.
 * @param many the noun of any other number than one, where it has more than an s behind it: `counted(n, "entry", "entries")`
 */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
