import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { bytesToFloats } from "../../../protocol/base/bytes.ts";
import type { Store } from "../../../protocol/base/seams.ts";
import { storedEntries } from "../../../protocol/log/stored/reading.ts";
import { verifyLog } from "../../../protocol/log/verify/verify.ts";
import { decodeCanonical } from "../../../protocol/wire/canonical.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { blobTask } from "../../support/blobs.ts";
import { type Crowd, contentOf, createCrowd, entriesOf, type Member, mergesOf } from "../../support/crowd.ts";

const task = blobTask({ training: { steps: 5, batch: 16 }, aggregation: { rule: "median" } });

/** What a crash leaves behind. */
async function snapshot(store: Store): Promise<Store> {
  const copy = createMemoryStore();
  await copy.write((await contentOf(store)).map(([key, value]) => ({ key, value })));
  return copy;
}

async function saved(store: Store) {
  const params = (await store.get("model/params")) ?? assert.fail("nothing was saved");
  const counts = (await store.get("model/counts")) ?? assert.fail("nothing was saved");
  const [, age, cycle] = decodeCanonical(counts, 64) as [number, number, number];
  return { params, age, cycle };
}

/** Five peers that have learned; the first is killed after `atMs` and comes back from what its store held then. */
async function killed(atMs: number, awayMs: number): Promise<{ crowd: Crowd; before: Store; again: Member }> {
  const crowd = createCrowd({ task });
  for (let i = 0; i < 5; i++) await crowd.join(i, { trainMs: 300 });
  await crowd.run(atMs);
  const [first] = crowd.members as [Member];
  const store = await snapshot(first.store);
  const before = await snapshot(store);
  first.peer.stop();
  for (const { peerId } of crowd.members) crowd.world.network.disconnect(first.peerId, peerId);
  await crowd.run(awayMs);
  const again = await crowd.join(0, { store, trainMs: 300 });
  return { crowd, before, again };
}

describe("a peer that was killed and comes back from its store", () => {
  const moments: [claim: string, atMs: number][] = [
    ["while it trains", 10_150],
    ["between its publication and its merge", 10_600],
    ["right after a merge", 10_001],
  ];
  for (const [claim, atMs] of moments) {
    it(`${claim} goes on with its parameters, age and cycle, and says so in the same log`, async () => {
      const { crowd, before, again } = await killed(atMs, 2_000);
      const { age, cycle } = again.peer.status();
      await crowd.run(500); // it trains, and hears from others whether its log is the newest, before it writes
      const last = await saved(before);
      const entriesBefore: Uint8Array[] = [];
      for await (const entry of storedEntries(before)) entriesBefore.push(entry);
      const entries = await entriesOf(again);
      assert.deepEqual(
        entries.slice(0, entriesBefore.length).map(({ signed }) => signed),
        entriesBefore,
        "no entry was lost or changed",
      );
      const resume = entries[entriesBefore.length];
      assert.ok(resume?.type === "resume");
      assert.deepEqual(resume.body.params, nodeCrypto.sha256(last.params));
      assert.equal(resume.body.age, last.age);
      assert.deepEqual([age, cycle], [last.age, last.cycle]);
      assert.equal(again.peer.serving().length, bytesToFloats(last.params).length);

      await crowd.run(3_000);
      const next = (await entriesOf(again)).slice(entriesBefore.length + 1);
      const train = next.find((entry) => entry.type === "train");
      assert.deepEqual(train?.body.in, resume.body.params, "the next training starts from the saved model");
      assert.equal(again.peer.status().cycle, last.cycle + 3);
      assert.ok(again.peer.status().counters.merges >= 2);
      assert.ok((await verifyLog(storedEntries(again.store), { crypto: nodeCrypto, peer: again.peerId })).ok);
    });

    it(`${claim} is believed by the others, since its announcements go on where they stopped`, async () => {
      const { crowd, again } = await killed(atMs, 2_000);
      const backMs = crowd.world.clock.now();
      const { size } = again.peer.log.head();
      await crowd.run(4_500);
      const publications = (await entriesOf(again)).filter(({ type, seq }) => type === "publish" && seq >= size);
      const fresh = new Set(publications.map((entry) => (entry.type === "publish" ? String(entry.body.model) : "")));
      assert.ok(fresh.size >= 4);
      for (const other of crowd.members.slice(1, 5)) {
        const merges = (await mergesOf(other)).filter(({ tsMs }) => tsMs >= backMs);
        const seen = merges.flatMap(({ parents }) => parents).filter(({ model }) => fresh.has(String(model)));
        assert.ok(seen.length >= 2, `${seen.length} of ${fresh.size} new models were merged`);
        assert.ok(seen.every(({ weightQ16 }) => weightQ16 > 0));
      }
    });
  }

  it("after a long time catches up with the others", async () => {
    const { crowd, again } = await killed(5_100, 25_000);
    await crowd.run(1_500);
    const { age } = again.peer.status();
    const others = crowd.members.slice(1, 5).map(({ peer }) => peer.status().age);
    assert.equal((await mergesOf(again)).at(-1)?.rule, "catch-up");
    assert.ok(age >= Math.min(...others) - 10, `${age} of ${others}`);
  });

  it("hears of models before its first cycle, whose staleness counts from its return", async () => {
    const crowd = createCrowd({ task });
    for (let i = 0; i < 5; i++) await crowd.join(i);
    await crowd.run(30_150);
    const [first] = crowd.members as [Member];
    const store = await snapshot(first.store);
    first.peer.stop();
    await crowd.run(1_500);
    const again = await crowd.prepare(0, { store });
    await crowd.run(200); // greetings
    for (const { peer } of crowd.members) peer.stop(); // and nothing is announced from here on
    const merged = (await mergesOf({ peer: again })).length;
    again.run().catch((error: unknown) => assert.fail(String(error)));
    await crowd.run(1_500);
    const merge = (await mergesOf({ peer: again }))[merged];
    assert.equal(merge?.parents.length, 4);
  });
});

describe("stopping", () => {
  it("ends after the step in progress, with the model saved and nothing announced afterwards", async () => {
    const crowd = createCrowd({ task });
    for (let i = 0; i < 4; i++) await crowd.join(i, { trainMs: 300 });
    await crowd.run(5_150); // while it trains
    const [first] = crowd.members as [Member];
    const { cycle } = first.peer.status();
    first.peer.stop();
    await crowd.run(1_000);
    const stopped = first.peer.status();
    assert.equal(stopped.cycle, cycle + 1);
    assert.equal((await saved(first.store)).cycle, cycle + 1);
    await crowd.run(5_000);
    const { counters, logSize } = first.peer.status();
    assert.deepEqual({ counters, logSize }, { counters: stopped.counters, logSize: stopped.logSize });
  });
});
