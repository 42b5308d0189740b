import assert from "node:assert/strict";
import { test } from "node:test";
import { createEffort, effortText, processCpuSeconds } from "../../../node/api/effort.ts";

test("CPU time of a cycle is the mean since the start of the peer, without what the process took before", () => {
  let seconds = 7;
  const effortAt = createEffort({ cpuSeconds: () => seconds, startCycle: 100 });
  assert.deepEqual(effortAt(100), { cpuSecondsPerCycle: null });
  assert.equal(effortText(effortAt(100)), "no cycle has ended since the start");
  seconds = 7.5;
  assert.deepEqual(effortAt(110), { cpuSecondsPerCycle: 0.05 });
  assert.equal(effortText(effortAt(110)), "0.05 s of CPU time a cycle");
});

test("energy is told where the owner says what a core draws, and nowhere else", () => {
  let seconds = 0;
  const effortAt = createEffort({ cpuSeconds: () => seconds, startCycle: 0, watts: 3 });
  assert.deepEqual(effortAt(0), { cpuSecondsPerCycle: null, joulesPerCycle: null });
  seconds = 1;
  assert.deepEqual(effortAt(2), { cpuSecondsPerCycle: 0.5, joulesPerCycle: 1.5 });
  assert.equal(effortText(effortAt(2)), "0.5 s of CPU time a cycle, about 1.5 J");
});

test("the CPU time of this process is above zero and does not shrink", () => {
  const before = processCpuSeconds();
  assert.ok(before > 0 && processCpuSeconds() >= before);
});
