/** A network of a task with personal tensors: what leaves a peer is the shared part alone, in bodies, log, merges and audits; what stays survives a restart. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { sharedMask, sharedTask } from "../../../protocol/base/shared-tensors.ts";
import { numParams } from "../../../protocol/base/task.ts";
import { codecOf } from "../../../protocol/codec/registry.ts";
import { decodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { audit, createAuditedCrowd } from "../../support/audits.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { accuracyOf, createCrowd, entriesOf, type Member, mergesOf } from "../../support/crowd.ts";

const task = blobTask({
  model: { kind: "mlp", hidden: [8] },
  training: { steps: 5, batch: 16 },
  personal: { method: "fedper" },
  aggregation: { quorum: 2, mostLoss: 0.8 },
});
const shared = numParams(sharedTask(task));
const headBytes = (store: Member["store"]) => store.get("model/personal");

describe("a network of a task with personal tensors", () => {
  it("learns, while bodies, merges and logs have the shared part alone, which audits repeat", async () => {
    const { crowd, archives, join } = createAuditedCrowd(task);
    const lengths = new Set<number>();
    for (let i = 0; i < 5; i++)
      await join(i, {
        holdout: blobs(60, 99),
        wrapTransport: (transport) => ({
          ...transport,
          announce(topic, bytes) {
            lengths.add(decodeAnnouncement(bytes).bytes);
            return transport.announce(topic, bytes);
          },
        }),
      });
    await crowd.run(8000);
    const { maxBytes } = codecOf(task, nodeCrypto.sha256(new Uint8Array()));
    assert.deepEqual([...lengths], [maxBytes]);
    assert.ok(maxBytes < 4 * numParams(task) + 400);
    const heads = new Set<string>();
    for (const [i, member] of crowd.members.entries()) {
      const { counters, personal } = member.peer.status();
      assert.ok(counters.merges > 5);
      assert.deepEqual(personal, { method: "fedper", numParams: numParams(task) - shared });
      assert.equal(member.peer.current().length, shared);
      assert.equal(member.peer.serving().length, numParams(task));
      heads.add(member.peer.serving().slice(shared).join());
      assert.ok((await accuracyOf(member)) > 0.8);
      const log = await entriesOf(member);
      for (const entry of log)
        if (entry.type === "publish")
          assert.deepEqual(entry.body.shared, sharedMask(task), "the mask says what is shared");
      const report = await audit(log, task, async (hash) => archives[i]?.get(hash));
      assert.equal(report.firstLie, undefined);
      assert.ok(report.tallies.aggregate.proved > 5 && report.tallies.publish.proved > 5);
    }
    assert.equal(heads.size, 5, "each site has a head of its own");
  });

  it("goes on with what stays after a restart, which was written with the model", async () => {
    const crowd = createCrowd({ task });
    for (let i = 0; i < 4; i++) await crowd.join(i);
    await crowd.run(6000);
    const [first] = crowd.members as [Member];
    const serving = first.peer.serving();
    const saved = (await headBytes(first.store)) ?? assert.fail("nothing was saved");
    assert.deepEqual(new Uint8Array(serving.slice(shared).buffer), saved, "it is the newest that was trained");
    first.peer.stop();
    for (const { peerId } of crowd.members) crowd.world.network.disconnect(first.peerId, peerId);
    const again = await crowd.join(0, { store: first.store });
    assert.deepEqual(again.peer.serving(), serving);
    await crowd.run(4000);
    assert.notDeepEqual(await headBytes(again.store), saved, "and trains on");
  });

  for (const method of ["fedper", "fedrep"])
    it(`takes a newcomer with twelve rows in, which starts from the shared part of the others, with ${method}`, async () => {
      const aggregation = { quorum: 3, inboxSize: 5 };
      const crowd = createCrowd({
        task: blobTask({ model: task.model, training: task.training, aggregation, personal: { method } }),
      });
      for (let i = 0; i < 5; i++) await crowd.join(i);
      await crowd.run(30_000);
      const late = await crowd.join(20, { holdout: blobs(200, 99), train: blobs(12, 20) });
      await crowd.run(10_000);
      const [first] = await mergesOf(late);
      assert.equal(first?.rule, "catch-up", "models of others are judged with what stays here, and know enough");
      assert.ok((await accuracyOf(late)) > 0.82, `${await accuracyOf(late)}`);
    });

  it("refuses a store whose personal part is damaged", async () => {
    const crowd = createCrowd({ task });
    for (let i = 0; i < 3; i++) await crowd.join(i);
    await crowd.run(4000);
    const [first] = crowd.members as [Member];
    first.peer.stop();
    await first.store.write([{ key: "model/personal", value: new Uint8Array(5) }]);
    await assert.rejects(crowd.join(7, { store: first.store, identity: first.identity }), { code: "ERR_STATE" });
  });
});
