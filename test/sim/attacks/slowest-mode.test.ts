import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { slowestMode } from "../../../sim/attacks/slowest-mode.ts";
import { assertNear } from "./stage.ts";

/** Two cliques, the first node of each joined with the first of the other. */
function dumbbell(size: number): number[][] {
  return Array.from({ length: 2 * size }, (_, i) => {
    const first = i < size ? 0 : size;
    const near = Array.from({ length: size }, (_, k) => first + k).filter((k) => k !== i);
    return i % size === 0 ? [...near, size - first] : near;
  });
}

describe("the slowest mode of a graph", () => {
  it("of a path is the cosine that the textbooks have, of a cycle one of its two waves", () => {
    const n = 6;
    const path = Array.from({ length: n }, (_, i) => [i - 1, i + 1].filter((k) => k >= 0 && k < n));
    const cosine = Array.from({ length: n }, (_, i) => Math.cos((Math.PI * (i + 0.5)) / n) * Math.sqrt(2 / n));
    const mode = slowestMode(path);
    assertNear(
      mode.map((value) => value * Math.sign(mode[0] as number)),
      cosine,
      1e-6,
    );
  });

  it("tells two cliques apart by its sign, and two parts without a link between them by that alone", () => {
    const joined = slowestMode(dumbbell(5));
    for (let i = 1; i < 5; i++) assert.ok((joined[i] as number) * (joined[0] as number) > 0);
    for (let i = 5; i < 10; i++) assert.ok((joined[i] as number) * (joined[0] as number) < 0);
    const parted = slowestMode([[1], [0], [3, 4], [2, 4], [2, 3]]);
    assertNear([parted[0] as number, parted[2] as number], [parted[1] as number, parted[3] as number], 1e-9);
    assert.ok(Math.abs((parted[0] as number) - (parted[2] as number)) > 0.5);
  });

  it("has length 1 and sum 0, is an eigenvector of the complete graph too, and nothing of one node", () => {
    const complete = Array.from({ length: 5 }, (_, i) => [0, 1, 2, 3, 4].filter((k) => k !== i));
    for (const graph of [complete, dumbbell(4)]) {
      const mode = slowestMode(graph);
      assert.ok(Math.abs(mode.reduce((sum, value) => sum + value * value, 0) - 1) < 1e-12);
      assert.ok(Math.abs(mode.reduce((sum, value) => sum + value, 0)) < 1e-12);
      const laplacian = mode.map((value, i) => {
        const near = graph[i] as number[];
        return near.reduce((sum, k) => sum + value - (mode[k] as number), 0);
      });
      const eigenvalue = laplacian.reduce((sum, value, i) => sum + value * (mode[i] as number), 0);
      assertNear(
        laplacian,
        mode.map((value) => eigenvalue * value),
        1e-6,
      );
    }
    assert.deepEqual([...slowestMode([[]])], [0]);
    assert.deepEqual([...slowestMode([])], []);
  });
});
