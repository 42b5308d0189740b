/** Two processes with one key: which statements of the own key tell a peer that another copy runs, and which are its own past. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../../../../protocol/base/seams.ts";
import type { Log } from "../../../../protocol/log/stored/chain.ts";
import { createPast } from "../../../../protocol/peer/account/past.ts";
import type { Announcement } from "../../../../protocol/wire/announcement.ts";

const MINUTE_MS = 60_000;
const START_MS = 1_000 * MINUTE_MS;

/** A peer that has settled, whose log ends at entry 9 of generation 0; `told` gives it an announcement of its own key that was signed at a time. */
async function settled() {
  let [nowMs, monotonicMs] = [START_MS, 5_000];
  const clock: Clock = { now: () => nowMs, monotonicMs: () => monotonicMs, after: () => () => {} };
  const log = { generation: 0, head: () => ({ seq: 9, size: 10 }), async *entries() {} } as unknown as Log;
  const begun: boolean[] = [];
  const announced = new Map<Uint8Array, Announcement>();
  const past = createPast(
    { log, clock, transport: { peers: () => [] }, identities: { known: () => [] }, reports: { tell() {} } },
    {
      ...{ hasPast: false, moved: false, signal: new AbortController().signal },
      own: (sealed) => announced.get(sealed),
      begin: async (_told, isTwin) => void begun.push(isTwin),
    },
  );
  assert.equal(await past.settle(), "same log");
  return {
    past,
    begun,
    /** Time passes; by `clockMs` more on the wall, where somebody sets the clock. */
    pass(ms: number, clockMs = ms) {
      nowMs += clockMs;
      monotonicMs += ms;
    },
    async told(tsMs: number, seq = 10) {
      const sealed = new Uint8Array(1);
      announced.set(sealed, { generation: 0, seq, entry: new Uint8Array(32), tsMs } as Announcement);
      past.told("somebody", sealed);
      return past.settle();
    },
  };
}

describe("a statement of its own key that a peer does not have", () => {
  it("that was signed since the peer started is the work of another process", async () => {
    const { past, begun, pass, told } = await settled();
    pass(3 * MINUTE_MS);
    assert.equal(await told(START_MS + 2 * MINUTE_MS), "new log");
    assert.deepEqual(begun, [true]);
    assert.equal(past.twinSeenMs(), START_MS + 3 * MINUTE_MS);
  });

  it("that was signed before, or in the minute of the start, may be what its disk has lost", async () => {
    for (const tsMs of [START_MS - 5 * MINUTE_MS, START_MS]) {
      const { past, begun, pass, told } = await settled();
      pass(3 * MINUTE_MS);
      assert.equal(await told(tsMs), "new log");
      assert.deepEqual([begun, past.twinSeenMs()], [[false], undefined]);
    }
  });

  it("is no twin's where the clock stood in the past at the start, and was set since", async () => {
    const { begun, pass, told } = await settled();
    pass(3 * MINUTE_MS, 500_000 * MINUTE_MS);
    assert.equal(await told(START_MS + 400_000 * MINUTE_MS), "new log");
    assert.deepEqual(begun, [false]);
  });

  it("is no twin's where it lies far ahead of this peer's clock, which is wrong then", async () => {
    const { begun, pass, told } = await settled();
    pass(3 * MINUTE_MS);
    assert.equal(await told(START_MS + 500_000 * MINUTE_MS), "new log");
    assert.deepEqual(begun, [false]);
  });

  it("is looked at once", async () => {
    const { past, begun, pass, told } = await settled();
    pass(3 * MINUTE_MS);
    assert.equal(await told(START_MS + 2 * MINUTE_MS, 12), "new log");
    assert.equal(begun.length, 1);
    assert.equal(await past.settle(), "same log");
  });
});
