import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createBucket } from "../../../protocol/traffic/bucket.ts";

const LIMIT = { bytes: 1000, perMs: 10_000 };

function setUp(left?: number) {
  let nowMs = 5;
  const bucket = createBucket({ monotonicMs: () => nowMs }, LIMIT, left);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { bucket, pass };
}

describe("the bucket of a budget", () => {
  it("holds a quarter of the budget, and three quarters flow in in its span", () => {
    const { bucket, pass } = setUp();
    assert.equal(bucket.leftBytes(), 250);
    bucket.take(250);
    pass(1000);
    assert.equal(bucket.leftBytes(), 75);
    pass(1e9);
    assert.equal(bucket.leftBytes(), 250);
  });

  it("lets no more go than the budget in any span of its length, however it is asked", () => {
    const steps = fc.array(fc.tuple(fc.nat(2000), fc.nat(300)), { minLength: 20, maxLength: 80 });
    fc.assert(
      fc.property(steps, (asked) => {
        const { bucket, pass } = setUp();
        const gone: { atMs: number; bytes: number }[] = [];
        let atMs = 0;
        for (const [ms, bytes] of asked) {
          pass(ms);
          atMs += ms;
          const now = Math.min(bytes, Math.floor(bucket.leftBytes()));
          bucket.take(now);
          gone.push({ atMs, bytes: now });
          const inSpan = gone.filter((one) => one.atMs > atMs - LIMIT.perMs);
          assert.ok(inSpan.reduce((sum, one) => sum + one.bytes, 0) <= LIMIT.bytes);
        }
      }),
    );
  });

  it("says when there is enough, and that there never is for more than it holds", () => {
    const { bucket, pass } = setUp(0);
    assert.equal(bucket.msUntil(75), 1000);
    pass(400);
    assert.equal(Math.round(bucket.msUntil(75)), 600);
    assert.equal(bucket.msUntil(251), Number.POSITIVE_INFINITY);
  });

  it("has to earn what went beyond it", () => {
    const { bucket, pass } = setUp(10);
    bucket.take(85);
    assert.equal(bucket.leftBytes(), -75);
    pass(1000);
    assert.equal(Math.round(bucket.leftBytes()), 0);
  });
});
