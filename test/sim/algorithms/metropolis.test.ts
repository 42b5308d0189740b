import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { metropolisWeights } from "../../../sim/algorithms/metropolis.ts";

/** W of a graph without loops, given as the upper triangle of its adjacency matrix. */
function matrixOf(n: number, linked: (a: number, b: number) => boolean): number[][] {
  const neighbours = Array.from({ length: n }, (_, i) =>
    [...Array(n).keys()].filter((j) => i !== j && linked(Math.min(i, j), Math.max(i, j))),
  );
  return neighbours.map((row, i) => {
    const weights = metropolisWeights(
      row.length,
      row.map((j) => neighbours[j]?.length ?? 0),
    );
    const line = new Array<number>(n).fill(0);
    for (const [k, j] of row.entries()) line[j] = weights[k] as number;
    line[i] = 1 - weights.reduce((sum, weight) => sum + weight, 0);
    return line;
  });
}

describe("Metropolis weights", () => {
  it("are those of a path of three nodes", () => {
    const third = 1 / 3;
    assert.deepEqual(
      matrixOf(3, (a, b) => b === a + 1).map((row) => row.map((value) => Math.round(value * 1e12) / 1e12)),
      [
        [2 * third, third, 0],
        [third, third, third],
        [0, third, 2 * third],
      ].map((row) => row.map((value) => Math.round(value * 1e12) / 1e12)),
    );
  });

  it("make a symmetric, doubly stochastic matrix of any graph", () => {
    const graphs = fc
      .integer({ min: 1, max: 9 })
      .chain((n) => fc.array(fc.boolean(), { minLength: n * n, maxLength: n * n }));
    fc.assert(
      fc.property(graphs, (bits) => {
        const n = Math.sqrt(bits.length);
        const matrix = matrixOf(n, (a, b) => bits[a * n + b] as boolean);
        for (let i = 0; i < n; i++) {
          const row = matrix[i] as number[];
          const column = matrix.map((line) => line[i] as number);
          assert.deepEqual(row, column);
          assert.ok(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) < 1e-12);
          assert.ok(row.every((value) => value >= 0) && (row[i] as number) > 0);
        }
      }),
    );
  });
});
