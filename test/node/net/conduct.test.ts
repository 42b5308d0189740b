import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createConduct } from "../../../node/net/conduct.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";

const { faults, prefixFaults, faultWaitMs, longestFaultWaitMs } = LIMITS;

function setUp(known: readonly string[] = []) {
  let nowMs = 1000;
  const conduct = createConduct({
    clock: { monotonicMs: () => nowMs },
    prefixOf: (peer) => peer.split("/")[0] as string,
    isKnown: (peer) => known.includes(peer),
  });
  return {
    ...conduct,
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** How many faults it took. */
    untilCutOff(peer: string): number {
      for (let n = 1; n < 1000; n++) if (conduct.fault(peer)) return n;
      return Number.POSITIVE_INFINITY;
    },
  };
}

describe("conduct", () => {
  it("lets a few faults pass, and one more now and then", () => {
    const { untilCutOff, fault, pass, isWaiting } = setUp();
    assert.equal(untilCutOff("a/1"), faults.burst + 1);
    assert.ok(isWaiting("a/1"));
    for (let i = 0; i < 1000; i++) {
      pass(1000 / faults.perSecond);
      assert.equal(fault("b/1"), false);
    }
    assert.ok(!isWaiting("b/1"));
  });

  it("makes who does it again wait four times as long, never for ever, and forgets it after an hour", () => {
    const { untilCutOff, pass, isWaiting } = setUp(["a/1"]);
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      untilCutOff("a/1");
      let ms = 0;
      for (; isWaiting("a/1"); ms += 1000) pass(1000);
      waits.push(ms);
    }
    assert.deepEqual(waits, [faultWaitMs, 4 * faultWaitMs, 16 * faultWaitMs, ...Array(3).fill(longestFaultWaitMs)]);
    pass(3_600_000);
    untilCutOff("a/1");
    pass(faultWaitMs);
    assert.ok(!isWaiting("a/1"));
  });

  it("gives fresh keys of one address prefix no more than an allowance together, and lets others be", () => {
    const { untilCutOff, fault } = setUp(["a/known"]);
    let sum = 0;
    for (let key = 0; key < 50; key++) sum += untilCutOff(`a/${key}`) - 1;
    assert.ok(sum > prefixFaults.burst / 2 && sum <= prefixFaults.burst, `${sum} let pass`);
    assert.equal(untilCutOff("b/1"), faults.burst + 1, "another prefix");
    for (let i = 0; i < faults.burst; i++) assert.equal(fault("a/known"), false, "a peer that is known");
  });
});
