import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createEffort, effortText, type Taken, takenByProcess } from "../../../node/api/effort.ts";

test("CPU time of a cycle is the mean since the start of the peer, without what the process took before", () => {
  let taken: Taken = { cpuSeconds: 7 };
  const effortAt = createEffort({ taken: () => taken, startCycle: 100 });
  assert.deepEqual(effortAt(100), { cpuSecondsPerCycle: null });
  assert.equal(effortText(effortAt(100)), "no cycle has ended since the start");
  taken = { cpuSeconds: 7.5 };
  assert.deepEqual(effortAt(110), { cpuSecondsPerCycle: 0.05 });
  assert.equal(effortText(effortAt(110)), "0.05 s of CPU time a cycle");
});

test("energy is told where the owner says what a core draws, and nowhere else", () => {
  let taken: Taken = { cpuSeconds: 0 };
  const effortAt = createEffort({ taken: () => taken, startCycle: 0, watts: 3 });
  assert.deepEqual(effortAt(0), { cpuSecondsPerCycle: null, joulesPerCycle: null });
  taken = { cpuSeconds: 1 };
  assert.deepEqual(effortAt(2), { cpuSecondsPerCycle: 0.5, joulesPerCycle: 1.5 });
  assert.equal(effortText(effortAt(2)), "0.5 s of CPU time a cycle, about 1.5 J");
});

test("what is written in a cycle is told where the system counts it", () => {
  let taken: Taken = { cpuSeconds: 0, writtenBytes: 1_000_000 };
  const effortAt = createEffort({ taken: () => taken, startCycle: 10 });
  assert.deepEqual(effortAt(10), { cpuSecondsPerCycle: null, writtenBytesPerCycle: null });
  taken = { cpuSeconds: 1, writtenBytes: 1_280_000 };
  assert.deepEqual(effortAt(14), { cpuSecondsPerCycle: 0.25, writtenBytesPerCycle: 70_000 });
  assert.equal(effortText(effortAt(14)), "0.25 s of CPU time a cycle, 70 kB written");
});

test("this process has taken CPU time, and on Linux what it wrote counts", (t) => {
  const before = takenByProcess();
  assert.ok(before.cpuSeconds > 0);
  const folder = mkdtempSync(join(tmpdir(), "hearsay-effort-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), new Uint8Array(3_000_000));
  const after = takenByProcess();
  assert.ok(after.cpuSeconds >= before.cpuSeconds);
  if (process.platform === "linux") assert.ok((after.writtenBytes ?? 0) >= (before.writtenBytes ?? 0));
  else assert.equal(after.writtenBytes, undefined);
});
