import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRecent } from "../../../node/observe/recent.ts";

const refused = (message: string, code = "ERR_RATE") => ({ kind: "refused", peer: "p", code, message }) as const;
const parent = (tau: number) => ({ peer: "p", tau, weightQ16: 1, status: "used" }) as const;
const merged = (...taus: number[]) =>
  ({ kind: "merged", cycle: 1, rule: "r", candidates: 1, age: 1, parents: taus.map(parent) }) as const;

describe("what happened lately", () => {
  it("keeps the newest refusals first, a bounded number of bounded texts, and leaves out what is nobody's fault", () => {
    const recent = createRecent(() => 7);
    for (let i = 0; i < 1_000; i++) recent.observe(refused(`${i} ${"x".repeat(10_000)}`));
    recent.observe(refused("gone", "ERR_NOT_FOUND"));
    const all = recent.refusals();
    assert.ok(all.length <= 32);
    assert.match(all[0]?.message ?? "", /^999 x/);
    assert.ok(all.every(({ message, atMs }) => message.length <= 300 && atMs === 7));
  });

  it("keeps evidence apart", () => {
    const recent = createRecent(() => 7);
    recent.observe({ kind: "evidence", peer: "p", proves: "fork", reason: "two entries 3" });
    assert.deepEqual(recent.evidence(), [{ atMs: 7, peer: "p", code: "fork", message: "two entries 3" }]);
    assert.deepEqual(recent.refusals(), []);
  });

  it("gives the staleness of the last models that were merged, and none before", () => {
    const recent = createRecent(() => 7);
    assert.equal(recent.staleness(), null);
    recent.observe(merged(1, 2));
    recent.observe(merged(6));
    assert.deepEqual(recent.staleness(), { mean: 3, most: 6, models: 3 });
    for (let i = 0; i < 300; i++) recent.observe(merged(0));
    assert.deepEqual(recent.staleness(), { mean: 0, most: 0, models: 256 });
  });
});
