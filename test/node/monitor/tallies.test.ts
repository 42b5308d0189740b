import assert from "node:assert/strict";
import { test } from "node:test";
import { createTallies } from "../../../node/monitor/tallies.ts";
import type { PeerEvent } from "../../../protocol/peer/reports.ts";

const TRAINED: PeerEvent = { kind: "trained", cycle: 1, age: 10, loss: 0.5, trainMs: 200 };
const ALONE: PeerEvent = { kind: "alone", cycle: 1, candidates: 0, quorum: 1 };
const MERGED: PeerEvent = {
  ...{ kind: "merged", cycle: 2, rule: "median", candidates: 2, age: 10 },
  parents: [3, 0].map((tau) => ({ peer: `p${tau}`, tau, weightQ16: 65_536, status: "used" })),
};

test("trainings, merges, cycles alone and evidence are counted, with the time of the last ones", () => {
  let nowMs = 1000;
  const { observe, now, into } = createTallies({ now: () => 5e11 + nowMs, monotonicMs: () => nowMs });
  const seen: (readonly [string, number])[] = [];
  into({ training: (s) => seen.push(["training", s]), staleness: (c) => seen.push(["staleness", c]) });
  assert.deepEqual([now().trainedAtMs, now().mergedAtMs, now().progressMs], [undefined, undefined, undefined]);
  for (const event of [TRAINED, ALONE]) observe(event);
  nowMs = 3000;
  observe(MERGED);
  observe({ kind: "evidence", peer: "p", proves: "fork", reason: "two entries" });
  const { trainings, loss, alone, isAlone, evidence, trainedAtMs, mergedAtMs, progressMs, cycleMs } = now();
  assert.deepEqual([trainings, loss, alone, isAlone], [1, 0.5, 1, false]);
  assert.deepEqual(evidence, { fork: 1, end: 0 });
  assert.deepEqual([trainedAtMs, mergedAtMs, progressMs, cycleMs], [5e11 + 1000, 5e11 + 3000, 3000, 2000]);
  assert.deepEqual(seen, [
    ["training", 0.2],
    ["staleness", 3],
    ["staleness", 0],
  ]);
});

test("releases that came to answer are counted, and the last way back has its time", () => {
  let nowMs = 1000;
  const { observe, now } = createTallies({ now: () => 5e11 + nowMs, monotonicMs: () => nowMs });
  const release = { id: "ab", name: "v7" };
  observe({ kind: "serves", release, isBack: false });
  assert.deepEqual([now().served, now().backAtMs], [{ new: 1, back: 0 }, undefined]);
  nowMs = 2000;
  observe({ kind: "serves", release: null, isBack: true });
  assert.deepEqual([now().served, now().backAtMs], [{ new: 1, back: 1 }, 5e11 + 2000]);
});

test("trainings that are thrown away in a row are counted until one counts", () => {
  const { observe, now } = createTallies({ now: () => 0, monotonicMs: () => 0 });
  for (let i = 0; i < 3; i++) observe({ kind: "diverged", cycle: i });
  assert.equal(now().divergedInRow, 3);
  observe(TRAINED);
  assert.equal(now().divergedInRow, 0);
});

test("a long cycle is remembered, and forgotten little by little", () => {
  let nowMs = 0;
  const { observe, now } = createTallies({ now: () => 0, monotonicMs: () => nowMs });
  for (const atMs of [0, 10_000, 10_100, 10_200]) {
    nowMs = atMs;
    observe(ALONE);
  }
  assert.equal(Math.round(now().cycleMs), 8100);
});
