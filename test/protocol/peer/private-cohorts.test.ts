/** Tasks with a mechanism and cohorts: each member's noise is in its model before the masks are, and its budget is kept as without a cohort. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { bytesOf, toHex } from "../../../protocol/base/bytes.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { stepsSpent } from "../../../protocol/privacy/spent.ts";
import { decodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { audit, createAuditedCrowd } from "../../support/audits.ts";
import { blobTask } from "../../support/blobs.ts";
import { createCrowd, entriesOf } from "../../support/crowd.ts";

const taskOf = (privacy: Record<string, unknown>): Task =>
  blobTask({
    training: { steps: 5, batch: 16 },
    privacy: { clipNorm: 0.5, noiseMultiplier: 1.5, maxEpsilon: 50, cohort: { size: 3 }, ...privacy },
    aggregation: { quorum: 2 },
  });

for (const mechanism of ["dp-sgd", "gaussian-update"])
  describe(`cohorts under ${mechanism}`, () => {
    it("publish means of noisy models alone, and say what each publisher has spent, in announcements and logs", async () => {
      const task = taskOf({ mechanism });
      const { crowd, archives, join } = createAuditedCrowd(task);
      const bare = new Set<string>();
      const announced: number[] = [];
      for (let i = 0; i < 9; i++)
        await join(i, {
          wrapTrainer: (trainer) => ({
            ...trainer,
            async fit(request) {
              const result = await trainer.fit(request);
              bare.add(toHex(nodeCrypto.sha256(bytesOf(result.params))));
              return result;
            },
          }),
          wrapTransport: (transport) => ({
            ...transport,
            announce(topic, bytes) {
              const { spent } = decodeAnnouncement(bytes);
              announced.push(stepsSpent(spent ?? []));
              return transport.announce(topic, bytes);
            },
          }),
        });
      await crowd.run(9000);
      assert.ok(announced.length >= 3 && announced.every((steps) => steps > 0), `announced: ${announced}`);
      let merges = 0;
      for (const [i, member] of crowd.members.entries()) {
        const { counters, privacy } = member.peer.status();
        merges += counters.merges;
        const log = await entriesOf(member);
        const report = await audit(log, task, async (hash) => archives[i]?.get(hash));
        assert.equal(report.firstLie, undefined);
        assert.equal(report.privacy?.mechanism, mechanism);
        assert.ok((report.privacy?.steps ?? 0) > 0 && (report.privacy?.steps ?? 0) <= (privacy?.steps ?? 0));
        assert.equal(report.tallies.publish.proved, 0);
        const outs = log.flatMap(({ type, body }) => (type === "train" ? [toHex(body.out)] : []));
        const isBare = outs.filter((out) => bare.has(out)).length;
        // dp-sgd has its noise from the engine; the other is given it after the training
        assert.equal(isBare, mechanism === "dp-sgd" ? outs.length : 0);
      }
      assert.ok(merges >= 12, `${merges} merges`);
    });
  });

describe("cohorts whose budgets are spent", () => {
  it("train no more, publish the means that were still under way, and go on merging", async () => {
    const crowd = createCrowd({
      task: taskOf({ mechanism: "dp-sgd", maxEpsilon: 4, noiseMultiplier: 3 }),
      minCycleMs: 200,
    });
    for (let i = 0; i < 6; i++) await crowd.join(i, { trainMs: 50 });
    await crowd.run(20_000);
    const before = crowd.members.map(({ peer }) => ({ ...peer.status(), ...peer.status().counters }));
    const sumOf = (one: (status: (typeof before)[number]) => number) =>
      before.reduce((sum, status) => sum + one(status), 0);
    const means = sumOf(({ cohort }) => cohort?.sessions.released ?? 0) / 3;
    assert.ok(means > 0);
    assert.equal(
      sumOf(({ published }) => published),
      means,
    );
    for (const { privacy } of before) {
      assert.equal(privacy?.state, "spent");
      assert.ok((privacy?.epsilon ?? 9) <= 4);
    }
    await crowd.run(5000);
    for (const [i, { peer }] of crowd.members.entries()) {
      const { privacy, counters, cycle } = peer.status();
      assert.equal(privacy?.steps, before[i]?.privacy?.steps);
      assert.equal(counters.published, before[i]?.published, "nothing is left to publish");
      assert.ok(cycle > (before[i]?.cycle ?? 0));
    }
  });
});
