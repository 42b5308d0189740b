import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HealthFacts, healthOf } from "../../../node/monitor/health.ts";
import { FACTS, STATUS } from "../../support/readings.ts";

/** The reasons for which a peer is not ready. */
function faults(changes: Partial<HealthFacts>): string[] {
  const health = healthOf({ ...FACTS, ...changes });
  const failed = health.checks.filter(({ ok }) => !ok);
  assert.equal(health.ready, failed.length === 0);
  return failed.map(({ name, reason }) => `${name}: ${reason}`);
}

const tallies = (changes: Partial<HealthFacts["tallies"]>) => ({ tallies: { ...FACTS.tallies, ...changes } });

describe("a peer", () => {
  it("that learns, can write and has neighbours is ready, and each check says why", () => {
    const { ready, checks } = healthOf(FACTS);
    assert.ok(ready);
    assert.deepEqual(
      checks.map(({ name }) => name),
      ["learning", "store", "peers"],
    );
    assert.match(checks[0]?.reason ?? "", /^the last cycle ended 1 s ago/);
    assert.match(checks[2]?.reason ?? "", /^3 neighbours; a merge needs the models of 1 others$/);
  });

  it("is not ready before its first cycle has ended, nor where none has ended for three times its usual time", () => {
    assert.match(faults(tallies({ progressMs: undefined })).join(), /^learning: no cycle has ended yet/);
    assert.deepEqual(faults({ nowMs: 108_000 }), []);
    assert.match(faults({ nowMs: 110_000 }).join(), /^learning: the last cycle ended 61 s ago, and may take 60 s/);
    assert.deepEqual(faults({ nowMs: 110_000, ...tallies({ cycleMs: 30_000 }) }), []);
    assert.deepEqual(faults({ nowMs: 110_000, minCycleMs: 30_000 }), []);
  });

  it("is ready in its quiet hours, and says so; a pause of training alone is no reason for a hang", () => {
    const away = { ...STATUS, pauses: [{ stops: "all" as const, because: "quiet hours of a policy" }] };
    assert.deepEqual(faults({ status: away, nowMs: 9e6 }), []);
    assert.equal(
      healthOf({ ...FACTS, status: away }).checks[0]?.reason,
      "it is to learn nothing now: quiet hours of a policy",
    );
    assert.equal(faults({ nowMs: 9e6 }).length, 1);
  });

  it("may be as slow as its budget of bytes wants, and no slower", () => {
    const thrift = { intervalMs: undefined, models: 0, trainings: 0, modelBytes: 9000, usualMs: 1000, usualModels: 8 };
    const status = { ...STATUS, thrift };
    assert.deepEqual(faults({ status, nowMs: 2_700_000 }), []);
    assert.equal(faults({ status, nowMs: 2_800_000 }).length, 1);
  });

  it("is not ready where trainings are thrown away, and is where its privacy budget is spent, which it says", () => {
    assert.deepEqual(faults(tallies({ divergedInRow: 2 })), []);
    assert.match(faults(tallies({ divergedInRow: 3 })).join(), /last 3 trainings diverged.*training\.learningRate/);
    const trainingFault = { message: "the trainer has ended", failures: 2, retryInMs: 4000 };
    const failing = faults({ status: { ...STATUS, trainingFault } }).join();
    assert.equal(failing, "learning: 2 trainings failed, the next try is in 4 s: the trainer has ended");
    const privacy = STATUS.privacy && { ...STATUS.privacy, state: "spent" as const };
    const { ready, checks } = healthOf({ ...FACTS, status: { ...STATUS, ...(privacy && { privacy }) } });
    assert.ok(ready);
    assert.match(checks[0]?.reason ?? "", /privacy budget is spent/);
  });

  it("is not ready where its disk takes nothing, is nearly full, or too few neighbours are there", () => {
    assert.match(faults({ disk: { freeBytes: 1e9, isWritable: false } }).join(), /^store: .*mount it for writing/);
    assert.match(faults({ disk: { freeBytes: 16e6, isWritable: true } }).join(), /^store: 16 MB are free.*free some/);
    assert.match(faults({ status: { ...STATUS, neighbours: 0 } }).join(), /^peers: 0 neighbours/);
    assert.equal(faults({ status: { ...STATUS, neighbours: 0 }, nowMs: 1e9 }).length, 2);
  });
});
