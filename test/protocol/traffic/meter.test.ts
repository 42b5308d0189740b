import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Store } from "../../../protocol/base/seams.ts";
import { openMeter } from "../../../protocol/traffic/meter.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";

const DAY_MS = 86_400_000;
const LIMIT = { bytes: 4_000_000, perMs: DAY_MS };
const BURST = 1_000_000;
const PER_SECOND = 3_000_000 / 86_400;
const MOST = 1000;

/** A machine whose process can die while its wall clock goes on. */
function createMachine(store: Store = createMemoryStore()) {
  let wallMs = 1.7e12;
  let bootMs = wallMs;
  return {
    store,
    pass(ms: number) {
      wallMs += ms;
    },
    /** The process of before is gone, as after SIGKILL. */
    start() {
      bootMs = wallMs;
      const clock = { now: () => wallMs, monotonicMs: () => wallMs - bootMs };
      return openMeter({ store, clock }, { name: "all", limit: LIMIT, mostBytes: MOST });
    },
  };
}

type Meter = Awaited<ReturnType<ReturnType<typeof createMachine>["start"]>>;

/** Takes what there is, a piece at a time, as long as the store keeps up. */
async function drain(meter: Meter, most = Number.POSITIVE_INFINITY): Promise<number> {
  let taken = 0;
  for (let misses = 0; misses < 3 && taken < most; ) {
    if (meter.has(MOST)) {
      meter.take(MOST);
      taken += MOST;
      misses = 0;
      continue;
    }
    misses++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return taken;
}

describe("the meter of a budget", () => {
  it("lets a bucket go, and then what flows in", async () => {
    const machine = createMachine();
    const meter = await machine.start();
    assert.equal(await drain(meter), BURST);
    assert.equal(await drain(meter), 0);
    machine.pass(3_600_000);
    assert.equal(await drain(meter), Math.floor((3600 * PER_SECOND) / MOST) * MOST);
  });

  it("is not filled by a process that is killed and started again, at whatever byte", async () => {
    const machine = createMachine();
    let taken = 0;
    for (const most of [0, MOST, 60_000, 200_000, 62_000, 1000, BURST, BURST]) {
      taken += await drain(await machine.start(), most);
      machine.pass(1000);
      assert.ok(taken <= BURST + 8 * PER_SECOND, `${taken}`);
    }
    assert.ok(taken > BURST / 2, "what kills cost is bounded too");
  });

  it("keeps every byte where the process ends well", async () => {
    const machine = createMachine();
    const meter = await machine.start();
    await drain(meter, 400_000);
    await meter.close();
    assert.equal(meter.has(1), false);
    assert.equal((await machine.start()).leftBytes(), BURST - 400_000);
  });

  it("gains nothing by a clock that is set back, and a bucket at most by one that is set forward", async () => {
    const machine = createMachine();
    await drain(await machine.start());
    machine.pass(-DAY_MS);
    assert.equal(await drain(await machine.start()), 0);
    machine.pass(100 * DAY_MS);
    assert.equal(await drain(await machine.start()), BURST);
  });

  it("lets nothing go that a store does not keep", async () => {
    const store = createMemoryStore();
    const machine = createMachine(store);
    const meter = await machine.start();
    await store.close();
    const taken = await drain(meter);
    assert.ok(taken <= BURST / 16, `${taken}`);
  });
});
