/** Kernels over rows that lie in the memory of the kernels: the bits of the plain reference, whatever the place and the length of the rows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelPasses } from "../../../../protocol/aggregate/kernels/passes.ts";
import { CHUNK, createWorkspace, TILE, WORKSPACE_PAGES } from "../../../../protocol/aggregate/kernels/workspace.ts";
import { RULES, ruleParameters } from "../../../../protocol/aggregate/registry.ts";
import { BLOCK } from "../../../../protocol/aggregate/rows/differences.ts";
import { nearestMixtures } from "../../../../protocol/aggregate/rows/mixture.ts";
import { type Pass, SPAN } from "../../../../protocol/aggregate/rows/passes.ts";
import { PLAIN } from "../../../../protocol/aggregate/rows/plain.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import { createMemory, createSharedMemory } from "../../../../protocol/base/wasm-module.ts";

const ROWS_PAGES = 200;
/** What stands about the rows: not a number, which would show in any sum. */
const ABOUT = Number.NaN;

for (const [kind, create] of Object.entries({ shared: createSharedMemory, own: createMemory })) {
  const FIRST_PAGE = 3;
  const memory = create(FIRST_PAGE + WORKSPACE_PAGES + ROWS_PAGES);
  const workspace = createWorkspace(memory, FIRST_PAGE);
  const passes = kernelPasses(() => workspace);
  const all = new Float32Array(memory.buffer);
  const begin = (FIRST_PAGE + WORKSPACE_PAGES) * 2 ** 14;

  /** n rows of d numbers, and place for a result, one after the other with a few numbers between. */
  function place(n: number, d: number, seed: string): { rows: Float32Array[]; result: Float32Array } {
    const rng = createRng(`in place/${seed}/${n}/${d}`);
    all.fill(ABOUT, begin);
    let at = begin;
    const next = () => {
      at += 1 + rng.below(9) + d;
      return all.subarray(at - d, at);
    };
    const rows = Array.from({ length: n }, next);
    for (const row of rows) for (let c = 0; c < d; c++) row[c] = rng.normal();
    return { rows, result: next() };
  }

  function passesOf(n: number): Pass[] {
    const weights = Int32Array.from({ length: n }, (_, i) => 60_000 + 7 * i);
    const distances = Float64Array.from({ length: n * n }, (_, i) => (i * 7) % 11);
    const ones = new Float64Array(n).fill(1);
    const mixed = nearestMixtures(distances, ones, ones, Math.floor((n - 1) / 3));
    const median = { kind: "median", weights, tolerance: 0 } as const;
    return [
      { reduction: median },
      { reduction: { ...median, weights: new Int32Array(n).fill(3) } },
      { reduction: { kind: "trimmed-mean", n, trim: (n - 1) >> 2 } },
      { reduction: { kind: "mean-around-median", n, keep: n - ((n - 1) >> 2) } },
      { reduction: median, mixed },
      { reduction: { kind: "only" }, mixed: { ...mixed, scales: Float64Array.of(0.5), listed: new Int32Array(0) } },
    ];
  }

  for (const [n, d] of [
    [1, 1],
    [2, 7],
    [3, 8],
    [5, TILE + 3],
    [9, 1000],
    [16, BLOCK],
    [17, CHUNK + 5],
    [33, 2 * CHUNK + 8],
    [4, SPAN + 13],
  ] as const)
    test(`${kind} memory: ${n} rows of ${d} where they lie, results there and elsewhere`, () => {
      const { rows, result } = place(n, d, kind);
      assert.ok(rows.every(workspace.holds) && workspace.holds(result) && !workspace.holds(result.slice()));
      const apart = rows.map((row) => row.slice());
      for (const pass of n === 1 ? passesOf(n).slice(0, 2) : passesOf(n)) {
        const expected = PLAIN.reduce(apart, pass);
        assert.deepEqual(passes.reduce(rows, pass), expected);
        assert.equal(passes.reduce(rows, pass, result), result);
        assert.deepEqual(result.slice(), expected);
        assert.deepEqual(passes.reduce([...apart.slice(0, 1), ...rows.slice(1)], pass), expected, "one row elsewhere");
      }
      if (n > 1) {
        assert.deepEqual(passes.gram(rows), PLAIN.gram(apart));
        assert.deepEqual(passes.squaredLengths(rows), PLAIN.squaredLengths(apart));
      }
      assert.deepEqual(
        rows.map((row) => row.slice()),
        apart,
        "rows stay as they are",
      );
      const last = result.byteOffset / 4 + d;
      assert.ok(all.subarray(last).every(Number.isNaN), "nothing is written beyond the result");
      for (const row of [...rows, result]) assert.ok(Number.isNaN(all[row.byteOffset / 4 - 1]));
    });
}

test("rules by rows in place are the rules, and rows are not copied", () => {
  const memory = createSharedMemory(WORKSPACE_PAGES + ROWS_PAGES);
  const workspace = createWorkspace(memory, 0);
  const passes = kernelPasses(() => workspace);
  const rng = createRng("rules in place");
  const d = 3 * CHUNK;
  const [own, ...others] = Array.from({ length: 9 }, (_, i) => {
    const row = new Float32Array(memory.buffer, 2 ** 16 * WORKSPACE_PAGES + i * (4 * d + 64), d);
    for (let c = 0; c < d; c++) row[c] = rng.normal();
    return row;
  }) as [Float32Array, ...Float32Array[]];
  const candidates = others.map((params, j) => ({ params, weightQ16: 65_536 - 100 * j }));
  for (const [name, rule] of RULES) {
    const { parameters } = ruleParameters(rule, {});
    const expected = rule.aggregate({ own, candidates }, parameters, PLAIN);
    assert.deepEqual(rule.aggregate({ own, candidates }, parameters, passes), expected, name);
  }
  assert.ok(
    workspace.f32.subarray(workspace.at.slots / 4, WORKSPACE_PAGES * 2 ** 14).every((value) => value === 0),
    "nothing has been in the slots",
  );
});

test("a memory that has grown is still the one where its rows lie", () => {
  const memory = createSharedMemory(WORKSPACE_PAGES);
  const workspace = createWorkspace(memory, 0);
  memory.grow(1);
  const rows = [0, 1, 2].map((i) => new Float32Array(memory.buffer, 2 ** 16 * WORKSPACE_PAGES + 128 * i, 16));
  for (const [i, row] of rows.entries()) row.fill(i);
  assert.ok(rows.every(workspace.holds));
  memory.grow(1);
  assert.ok(rows.every(workspace.holds));
  const pass: Pass = { reduction: { kind: "median", weights: new Int32Array(3).fill(1), tolerance: 0 } };
  assert.deepEqual(kernelPasses(() => workspace).reduce(rows, pass), new Float32Array(16).fill(1));
});
