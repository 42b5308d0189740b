/**
 * All pairs of points nearer to each other than a range: points are sorted into square cells at least as wide as the range, so
 * that only the nine cells around a point are looked at. O(points + pairs) where they are spread out.
 */
export interface NeighbourSearch {
  /** Calls back once for each pair with a distance below the range, a < b, in an order that depends on the positions only. */
  forEachPair(x: Float64Array, y: Float64Array, callback: (a: number, b: number) => void): void;
}

/** For points in the square from 0 to `sideMetres`. */
export function createNeighbourSearch(points: number, sideMetres: number, rangeMetres: number): NeighbourSearch {
  // Not more cells than points: a short range on a large square would need a table of all the empty ones.
  const cellMetres = Math.max(rangeMetres, sideMetres / Math.max(1, Math.ceil(Math.sqrt(points))));
  const columns = Math.floor(sideMetres / cellMetres) + 1;
  const squaredRange = rangeMetres * rangeMetres;
  /** The points of a cell, highest number first, as a linked list; -1 ends it. */
  const first = new Int32Array(columns * columns);
  const next = new Int32Array(points);
  const columnOf = (metres: number) => Math.min(columns - 1, Math.max(0, Math.floor(metres / cellMetres)));

  return {
    forEachPair(x, y, callback) {
      first.fill(-1);
      for (let i = 0; i < points; i++) {
        const cell = columnOf(y[i] as number) * columns + columnOf(x[i] as number);
        next[i] = first[cell] as number;
        first[cell] = i;
      }
      for (let a = 0; a < points; a++) {
        const [ax, ay] = [x[a] as number, y[a] as number];
        const [column, row] = [columnOf(ax), columnOf(ay)];
        for (let r = Math.max(0, row - 1); r <= Math.min(columns - 1, row + 1); r++)
          for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++)
            for (let b = first[r * columns + c] as number; b > a; b = next[b] as number) {
              const [dx, dy] = [(x[b] as number) - ax, (y[b] as number) - ay];
              if (dx * dx + dy * dy < squaredRange) callback(a, b);
            }
      }
    },
  };
}
