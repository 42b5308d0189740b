/** The work that `npm run bench:aggregate` times: passes over coordinates, and whole rules of the registry. */

import type { SharedMemory } from "../../node/engines/model-memory.ts";
import { WORKSPACE_PAGES } from "../../protocol/aggregate/kernels/workspace.ts";
import { ruleNamed, ruleParameters } from "../../protocol/aggregate/registry.ts";
import { ASSUMED_SHARE, assumedLiars } from "../../protocol/aggregate/rows/assumed-liars.ts";
import { oneMixture } from "../../protocol/aggregate/rows/mixture.ts";
import type { Passes, Reduction } from "../../protocol/aggregate/rows/passes.ts";
import type { RuleInput } from "../../protocol/base/learning-seams.ts";
import { createSharedMemory } from "../../protocol/base/wasm-module.ts";
import { UNIT_WEIGHT } from "../../protocol/base/weight.ts";

/** Repeats go on for so long, and at least so many times: the first ones run what is not optimised yet. */
const REPEAT_MS = 700;
const RUNS = 5;

const PAGE = 65_536;

/** Candidates that the rules assume to lie, of n rows with the own one. */
export function liarsAmongRows(n: number): number {
  return assumedLiars(ASSUMED_SHARE.default, n - 1);
}

/**
 * n models near a common one, uniform on both accounts: normal numbers would take a minute for the 160 million of the largest case.
 * `make` gives the memory of one; no other is used.
 */
export function drawRows(
  n: number,
  d: number,
  make: (d: number) => Float32Array = (d) => new Float32Array(d),
): Float32Array[] {
  const next = (state: number) => (Math.imul(state, 1664525) + 1013904223) | 0;
  return Array.from({ length: n }, (_, i) => {
    let [common, own] = [1, 2 * i + 3];
    const row = make(d);
    for (let c = 0; c < d; c++) {
      [common, own] = [next(common), next(own)];
      row[c] = common / 2 ** 31 + own / 2 ** 33;
    }
    return row;
  });
}

/** n models as an engine has them: in one memory with the workspaces of the kernels, a cache line more than whole small pages apart. */
export function drawShared(n: number, d: number, threads: number): { memory: SharedMemory; rows: Float32Array[] } {
  const apart = Math.ceil((4 * d) / 4096) * 4096 + 64;
  const memory = createSharedMemory(threads * WORKSPACE_PAGES + Math.ceil((n * apart) / PAGE));
  let next = threads * WORKSPACE_PAGES * PAGE - apart;
  const rows = drawRows(n, d, () => {
    next += apart;
    return new Float32Array(memory.buffer, next, d);
  });
  return { memory, rows };
}

/** Passes over n rows, by name. */
export function passCases(rows: readonly Float32Array[], passes: Passes): Record<string, () => unknown> {
  const n = rows.length;
  const trim = liarsAmongRows(n);
  const reduce = (reduction: Reduction) => () => passes.reduce(rows, { reduction });
  const mixed = oneMixture(new Float64Array(n - 1).fill(1 / n));
  return {
    median: reduce({ kind: "median", weights: new Int32Array(n).fill(UNIT_WEIGHT), tolerance: 0 }),
    "weighted-median": reduce({
      kind: "median",
      weights: Int32Array.from({ length: n }, (_, i) => weight(i)),
      tolerance: 0,
    }),
    "trimmed-mean": reduce({ kind: "trimmed-mean", n, trim }),
    meamed: reduce({ kind: "mean-around-median", n, keep: n - trim }),
    mean: () => passes.reduce(rows, { mixed, reduction: { kind: "only" } }),
    distances: () => passes.squaredLengths(rows),
    gram: () => passes.gram(rows),
  };
}

/** Whole rules with their default parameters: own model first. */
export function ruleCase(name: string, rows: readonly Float32Array[], passes?: Passes): () => unknown {
  const rule = ruleNamed(name);
  const { parameters } = ruleParameters(rule, {});
  const [own, ...others] = rows as [Float32Array, ...Float32Array[]];
  const candidates = others.map((params, j) => ({ params, weightQ16: weight(j + 1) }));
  const input: RuleInput = { own, candidates };
  return () => rule.aggregate(input, parameters, passes);
}

/** All inputs read once, the fastest way that the language has: copied to a small array, piece by piece. */
export function readOnce(rows: readonly Float32Array[]): () => void {
  const piece = new Float32Array(4096);
  return () => {
    for (const row of rows)
      for (let c = 0; c < row.length; c += piece.length) piece.set(row.subarray(c, c + piece.length));
  };
}

/** The least of several runs, in ms. */
export function leastMs(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  const begunMs = performance.now();
  for (let run = 0; run < RUNS || performance.now() - begunMs < REPEAT_MS; run++) {
    const startMs = performance.now();
    work();
    least = Math.min(least, performance.now() - startMs);
  }
  return least;
}

/** Staleness weights of row i, all different. */
function weight(i: number): number {
  return UNIT_WEIGHT - 199 * i;
}
