/**
 * The eigenvector of the second least eigenvalue of a graph's Laplacian (Fiedler's vector): the difference between nodes that averaging with
 * neighbours levels out last. Its signs split the graph where it hangs together least.
 */

/** Steps of the power iteration; what is left of other modes after them is slow too. */
const STEPS = 300;

/**
 * Of length 1 and sum 0; all zeros for fewer than two nodes. Where several are as slow, as in a complete graph, one of them.
 *
 * Power iteration on c - L, c twice the largest degree, beside the constant vector; it begins at the ranks of the nodes.
 * @param neighbours of each node, by number; each link stands at both ends
 */
export function slowestMode(neighbours: readonly (readonly number[])[]): Float64Array {
  const n = neighbours.length;
  const shift = 2 * Math.max(1, ...neighbours.map(({ length }) => length));
  let mode = levelled(Float64Array.from({ length: n }, (_, i) => i));
  for (let step = 0; step < STEPS; step++) {
    const next = mode.map((value, i) => {
      const near = neighbours[i] as readonly number[];
      let sum = (shift - near.length) * value;
      for (const j of near) sum += mode[j] as number;
      return sum;
    });
    mode = levelled(next);
  }
  return mode;
}

/** Less its mean, and of length 1 where that leaves anything. */
function levelled(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const level = values.map((value) => value - mean);
  const length = Math.sqrt(level.reduce((sum, value) => sum + value * value, 0));
  return length > 0 ? level.map((value) => value / length) : level;
}
