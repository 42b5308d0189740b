/** Consecutive runs of equal length (+-1). */
export function cut(rows: readonly number[], count: number): number[][] {
  return Array.from({ length: count }, (_, i) =>
    rows.slice(Math.floor((i * rows.length) / count), Math.floor(((i + 1) * rows.length) / count)),
  );
}
