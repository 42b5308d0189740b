import assert from "node:assert/strict";
import { test } from "node:test";
import { createCrowd } from "../../support/crowd.ts";

test("a peer four times as fast as all others goes on merging with them", async () => {
  const crowd = createCrowd();
  const fast = await crowd.join(0, { trainMs: 100, minCycleMs: 100 });
  for (let number = 1; number < 6; number++) await crowd.join(number, { trainMs: 400, minCycleMs: 400 });
  await crowd.run(60_000);
  const before = fast.peer.status().counters.merges;
  await crowd.run(20_000);
  const { age, counters } = fast.peer.status();
  const others = crowd.members.slice(1).map(({ peer }) => peer.status());
  const aheadCycles = (age - Math.max(...others.map((status) => status.age))) / crowd.task.training.steps;
  assert.ok(
    aheadCycles > 2 * crowd.task.staleness.cutoff,
    "it is far ahead of everybody, by the count of its own steps",
  );
  assert.ok(counters.merges - before > 20, `${counters.merges - before} merges in 20 s`);
});

test("a peer that began long before the others merges with them", async () => {
  const crowd = createCrowd();
  const first = await crowd.join(0);
  await crowd.run(60_000);
  for (let number = 1; number < 6; number++) await crowd.join(number);
  await crowd.run(60_000);
  assert.ok(first.peer.status().counters.merges > 30);
});
