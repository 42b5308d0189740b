import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "../../../../protocol/peer/loop/pace.ts";
import { createVirtualClock, type VirtualClock } from "../../../../sim/seams/clock.ts";

const ALL_STEPS = { most: 10, next: () => 10, isTrial: () => false };

interface Scene {
  readonly trainMs: number;
  readonly minCycleMs: number;
  readonly pullMs: number;
  readonly wanted: number;
  /** When fresh candidates come, after the start of the cycle. */
  readonly arrivalsMs?: readonly number[];
  readonly abortMs?: number;
}

/** Length of a cycle, without what comes after the wait. */
async function cycleMs(scene: Scene, cycles = 1): Promise<number> {
  const clock = createVirtualClock(1_000_000);
  const stop = new AbortController();
  const pace = createPace({ clock, plan: ALL_STEPS }, { minCycleMs: scene.minCycleMs, signal: stop.signal });
  let begunMs = 0;
  let endedMs = 0;
  const done = (async () => {
    for (let i = 0; i < cycles; i++) {
      begunMs = clock.now();
      pace.begin();
      const inbound = candidates(clock, scene);
      if (scene.abortMs !== undefined) clock.after(scene.abortMs, () => stop.abort());
      await new Promise<void>((resolve) => clock.after(scene.trainMs, resolve));
      pace.trained();
      await pace.shortest(inbound);
      await pace.longest(inbound);
      endedMs = clock.now();
    }
  })();
  await clock.run(clock.now() + 10_000_000);
  await done;
  return endedMs - begunMs;
}

function candidates(clock: VirtualClock, { pullMs, wanted, arrivalsMs = [] }: Scene) {
  let fresh = 0;
  let listener: (() => void) | undefined;
  for (const atMs of arrivalsMs) {
    clock.after(atMs, () => {
      fresh++;
      listener?.();
      listener = undefined;
    });
  }
  return {
    fresh: () => fresh,
    wanted: () => wanted,
    pullMs: () => pullMs,
    onFresh(callback: () => void) {
      listener = callback;
    },
  };
}

const scene: Scene = { trainMs: 100, minCycleMs: 0, pullMs: 10, wanted: 3 };

test("whoever is missing is waited for no longer than four times a pull and half a training", async () => {
  assert.equal(await cycleMs(scene), 140);
  assert.equal(await cycleMs({ ...scene, pullMs: 1000 }), 150);
  assert.equal(await cycleMs({ ...scene, pullMs: 1e9, wanted: 1e9 }, 20), 150, "after many cycles as after one");
});

test("before the first pull nobody is waited for", async () => {
  assert.equal(await cycleMs({ ...scene, pullMs: 0 }), 100);
});

test("the wait ends with the last candidate that was wanted, not with the first", async () => {
  assert.equal(await cycleMs({ ...scene, arrivalsMs: [10, 20, 30] }), 100, "all there before the training ended");
  assert.equal(await cycleMs({ ...scene, arrivalsMs: [10, 110, 125] }), 125);
  assert.equal(await cycleMs({ ...scene, arrivalsMs: [10, 110, 145] }), 140, "too late");
  assert.equal(await cycleMs({ ...scene, arrivalsMs: [110, 110, 110] }), 110, "three at once");
});

test("a cycle is never shorter than minCycleMs, and what the floor leaves is not waited for again", async () => {
  assert.equal(await cycleMs({ ...scene, minCycleMs: 1000, arrivalsMs: [1, 2, 3] }), 1000);
  assert.equal(await cycleMs({ ...scene, minCycleMs: 1000 }), 1000, "nobody came");
  assert.equal(await cycleMs({ ...scene, minCycleMs: 120 }), 140, "patience counts from the end of the training");
  assert.equal(await cycleMs({ ...scene, minCycleMs: 1000, arrivalsMs: [1001, 1002, 1003] }), 1000);
});

test("stopping ends the wait at once", async () => {
  assert.equal(await cycleMs({ ...scene, minCycleMs: 5000, abortMs: 300 }), 300);
  assert.equal(await cycleMs({ ...scene, abortMs: 120 }), 120);
  assert.equal(await cycleMs({ ...scene, minCycleMs: 5000, abortMs: 50 }), 100, "stopped while it trained");
});
