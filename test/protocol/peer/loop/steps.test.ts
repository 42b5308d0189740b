/** Devices that are much slower than others take fewer steps, and nobody else does: the plan by itself, and peers in virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lowerMedian } from "../../../../protocol/aggregate/staleness.ts";
import type { Archive, PeerId } from "../../../../protocol/base/seams.ts";
import { createStepPlan } from "../../../../protocol/peer/loop/steps.ts";
import type { Slot } from "../../../../protocol/peer/memory/record.ts";
import { audit, createAuditedCrowd } from "../../../support/audits.ts";
import { blobTask } from "../../../support/blobs.ts";
import { entriesOf } from "../../../support/crowd.ts";

const H = 20;

/** A plan where known neighbours pass so many ms for each step of their age, and strangers others. */
function planOf({
  known = [],
  strangers = [],
  minCycleMs = 0,
  isFixed = false,
}: {
  known?: readonly (number | undefined)[];
  strangers?: readonly number[];
  minCycleMs?: number;
  isFixed?: boolean;
}) {
  const times = new Map<PeerId, number | undefined>([
    ...known.map((stepMs, i) => [`known ${i}`, stepMs] as const),
    ...strangers.map((stepMs, i) => [`stranger ${i}`, stepMs] as const),
  ]);
  const identities = {
    isKnown: (peer: PeerId) => peer.startsWith("known"),
    get: (peer: PeerId) => ({ slot: { stepMs: times.get(peer) } as Slot }) as never,
  };
  const training = blobTask({ training: { steps: H, ...(!isFixed && { adaptive: true }) } }).training;
  return createStepPlan({ identities, ranks: { neighbours: () => new Set(times.keys()) } }, { training, minCycleMs });
}

describe("the steps of the next training", () => {
  it("are all of them where the task does not say otherwise, however slow the device is", () => {
    const plan = planOf({ known: [1, 1, 1], isFixed: true });
    assert.deepEqual([plan.next(0), plan.next(1e9), plan.isTrial(0)], [H, H, false]);
  });

  it("are one at first, then all as long as it is not known how others go on", () => {
    const plan = planOf({ known: [50, undefined, undefined] });
    assert.deepEqual([plan.next(0), plan.next(1e9)], [1, H]);
    assert.deepEqual([plan.isTrial(0), plan.isTrial(1e9)], [true, false]);
  });

  it("are all up to four typical times, and beyond it as many as fit into one, at least one", () => {
    const plan = planOf({ known: [50, 50, 50] }); // H steps of others: 1 s
    const steps = [900, 4000, 4001, 8000, 20_000, 1e9].map((fullMs) => plan.next(fullMs));
    assert.deepEqual(steps, [H, H, 4, 2, 1, 1]);
  });

  it("are all where they fit into the shortest cycle, however fast others are", () => {
    assert.equal(planOf({ known: [1, 1, 1], minCycleMs: 1000 }).next(4000), H);
    assert.equal(planOf({ known: [1, 1, 1], minCycleMs: 1000 }).next(8000), 2);
  });

  it("follow the lower median: less than half liars move them no further than honest ones, and strangers not at all", () => {
    assert.equal(planOf({ known: [50, 60, 70, 0.001, 0.001] }).next(8000), 2);
    assert.equal(planOf({ known: [50, 50, 50], strangers: [0.001, 0.001, 0.001, 0.001] }).next(8000), 2);
  });

  it("have a typical time of at least the shortest cycle, and none as long as few neighbours tell it", () => {
    assert.equal(planOf({ known: [50, 50, 50] }).typicalMs(), 1000);
    assert.equal(planOf({ known: [0, 0, 0], minCycleMs: 300 }).typicalMs(), 300);
    assert.equal(planOf({ known: [50, 50] }).typicalMs(), undefined);
  });
});

describe("a network with devices that are twenty times slower", () => {
  /** Six peers, of which two are slow; the audit of each, and how old the models of all are at the end. */
  async function run(adaptive: boolean) {
    const task = blobTask({ training: { steps: H, ...(adaptive && { adaptive }) } });
    const { crowd, archives, join } = createAuditedCrowd(task, 0);
    for (let i = 0; i < 6; i++) await join(i, { trainMs: i < 2 ? 4000 : 200 });
    await crowd.run(12_000);
    const logs = await Promise.all(crowd.members.map(entriesOf));
    const reports = await Promise.all(logs.map((log, i) => audit(log, task, (archives[i] as Archive).get)));
    return { statuses: crowd.members.map(({ peer }) => peer.status()), logs, reports };
  }

  it("goes on with them: they merge as often as others, take a step at a time, and their age is that of the others", async () => {
    const { statuses, logs } = await run(true);
    const [slow, fast] = [statuses.slice(0, 2), statuses.slice(2)];
    const merges = lowerMedian(fast.map(({ counters }) => counters.merges));
    assert.ok(merges > 30, `${merges} merges`);
    for (const { counters, age } of slow) {
      assert.ok(counters.merges > merges / 2, `${counters.merges} merges, ${merges} of others`);
      assert.ok(age > 0.8 * lowerMedian(fast.map((status) => status.age)), `age ${age}`);
    }
    const stepsOf = (log: (typeof logs)[number] = []) =>
      log.flatMap((entry) => (entry.type === "train" ? [entry.body.steps] : []));
    assert.equal(lowerMedian(stepsOf(logs[0])), 1);
    assert.equal(lowerMedian(stepsOf(logs[5])), H);
  });

  it("leaves them behind where the task does not let them take fewer", async () => {
    const { statuses } = await run(false);
    assert.ok((statuses[0]?.counters.merges ?? 9) <= 3);
    assert.ok((statuses[5]?.counters.merges ?? 0) > 30);
  });

  it("has logs that an audit believes, and refutes a training of more steps than the task has", async () => {
    const { reports, logs } = await run(true);
    for (const { firstLie, tallies } of reports) {
      assert.equal(firstLie, undefined);
      assert.ok(tallies.aggregate.proved > 10 && tallies.aggregate.missing === 0, JSON.stringify(tallies));
    }
    const task = blobTask({ training: { steps: H, adaptive: true } });
    const lied = (logs[5] ?? []).map((entry) =>
      entry.type === "train" ? { ...entry, body: { ...entry.body, steps: entry.body.steps + H } } : entry,
    );
    const { firstLie } = await audit(lied, task, async () => undefined);
    assert.match(firstLie?.reason ?? "", /steps; the task says 20 at most/);
  });
});
