import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Buckets } from "../../../protocol/base/buckets.ts";

const RATE = { burst: 2, perSecond: 1 };

describe("buckets by name", () => {
  it("give each name its burst, and its rate in the long run", () => {
    const buckets = new Buckets(RATE, 10);
    const spent = (name: string, nowMs: number) => [1, 2, 3].filter(() => buckets.spend(name, nowMs)).length;
    assert.deepEqual([spent("a", 0), spent("b", 0), spent("a", 1000), spent("a", 1_000_000)], [2, 2, 1, 2]);
  });

  it("forget those that are full again, and no other", () => {
    const buckets = new Buckets(RATE, 10);
    buckets.spend("a", 0);
    buckets.spend("b", 0);
    buckets.spend("b", 0);
    buckets.spend("c", 500);
    buckets.forgetFull(999);
    assert.equal(buckets.size, 3);
    buckets.forgetFull(1000);
    assert.equal(buckets.size, 2); // a is full
    buckets.forgetFull(2000);
    assert.equal(buckets.size, 0);
  });

  it("are at most as many as the capacity: the one that was used longest ago is full again", () => {
    const buckets = new Buckets(RATE, 2);
    for (const name of ["a", "a", "b", "b", "a", "c"]) buckets.spend(name, 0);
    buckets.put("a", { tokens: 0, atMs: 0 });
    buckets.spend("d", 0);
    assert.deepEqual([buckets.size, buckets.at("a", 0).tokens, buckets.at("c", 0).tokens], [2, 0, 2]);
  });
});
