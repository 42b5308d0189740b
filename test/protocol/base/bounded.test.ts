import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createRecentSet, forgetOldest } from "../../../protocol/base/bounded.ts";

describe("forgetting the oldest", () => {
  it("keeps the newest members of a set or a map, as many as the capacity", () => {
    const set = new Set([1, 2, 3, 4, 5]);
    forgetOldest(set, 2);
    assert.deepEqual([...set], [4, 5]);
    const map = new Map([1, 2, 3].map((n) => [n, n]));
    map.delete(1);
    map.set(1, 1); // the newest again
    forgetOldest(map, 2);
    assert.deepEqual([...map.keys()], [3, 1]);
    forgetOldest(map, 0);
    assert.equal(map.size, 0);
  });
});

describe("a recent set", () => {
  const members = fc.array(fc.nat(60), { maxLength: 300 });

  it("has the newest capacity / 2 different members, and none that was never added", () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 20 }), (added, capacity) => {
        const recent = createRecentSet<number>(capacity);
        for (const [i, member] of added.entries()) {
          recent.add(member);
          const newest = [...new Set(added.slice(0, i + 1).toReversed())].slice(0, Math.floor(capacity / 2));
          for (const kept of newest) assert.ok(recent.has(kept), `${kept} of ${newest} is forgotten`);
        }
        for (let n = 61; n < 70; n++) assert.ok(!recent.has(n));
      }),
    );
  });

  it("never has more than its capacity", () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 20 }), (added, capacity) => {
        const recent = createRecentSet<number>(capacity);
        for (const member of added) {
          recent.add(member);
          const held = new Set(added.filter((other) => recent.has(other))).size;
          assert.ok(held <= capacity, `${held} members, the capacity is ${capacity}`);
        }
      }),
    );
  });

  it("that is full goes on forgetting the oldest", () => {
    const recent = createRecentSet<number>(100_000);
    for (let n = 0; n < 1_000_000; n++) recent.add(n);
    assert.ok(recent.has(999_999) && recent.has(950_000) && !recent.has(899_999) && !recent.has(0));
  });
});
