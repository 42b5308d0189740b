import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { equalBytes, toHex } from "../../../../protocol/base/bytes.ts";
import { UNIT_WEIGHT } from "../../../../protocol/base/weight.ts";
import { pullBlob } from "../../../../protocol/peer/inbound/pull-blob.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { taskNames } from "../../../../protocol/wire/messages.ts";
import { blobTask } from "../../../support/blobs.ts";
import {
  type Crowd,
  createCrowd,
  identityOf,
  type LoggedMerge,
  type Member,
  mergesOf,
} from "../../../support/crowd.ts";
import { createHostile, type Hostile } from "../../../support/hostile.ts";

const FLOODER = 50;

/** A world in which a flooder, where there is one, announces a new model every 10 ms, the others one a second. */
async function flooded(peers: number, inboxSize: number, forMs: number, floods = true) {
  const task = blobTask({
    training: { steps: 1, batch: 4 },
    aggregation: { rule: "median", inboxSize, quorum: 2, memory: 0 },
  });
  const crowd = createCrowd({ task });
  for (let i = 0; i < peers; i++) {
    await crowd.join(i, { trainMs: 300 + 20 * i });
    await crowd.run(77);
  }
  const flooder = crowd.joinHostile(FLOODER);
  const [first] = crowd.members as [Member];
  for (let ms = 0; ms < forMs; ms += 10) {
    if (floods) await flooder.offer({ age: first.peer.status().age });
    await crowd.run(10);
  }
  const merges = (await Promise.all(crowd.members.map(mergesOf))).flatMap((all) => all.slice(2));
  return { crowd, flooder, merges };
}

/** Share of the merges in which a peer's model took part. */
function shareIn(merges: readonly LoggedMerge[], peerId: string): number {
  return merges.filter(({ parents }) => parents.some(({ peer }) => peer === peerId)).length / merges.length;
}

describe("a peer that announces 100 times as often as the others", () => {
  it("is read no more often than they, where not all can be read", async () => {
    const { crowd, flooder, merges } = await flooded(9, 3, 20_000);
    assert.ok(merges.length > 150);
    const fair = 3 / 9; // of 9 others: 3 places
    const share = shareIn(merges, flooder.peerId);
    assert.ok(share < 1.3 * fair, `${share} in place of ${fair}`);
    assert.ok(share > 0.5 * fair, "it is read all the same");
    const pulls = flooder.asked.length / crowd.members.length / 20;
    assert.ok(pulls < 1.5 * fair, `${pulls} of its bodies are pulled a cycle`);
  });

  it("takes no place from them, where all can be read, and makes their models no staler", async () => {
    const calm = await flooded(6, 8, 8_000, false);
    const { crowd, flooder, merges } = await flooded(6, 8, 8_000);
    assert.equal(merges.length, calm.merges.length);
    const weight = (all: readonly LoggedMerge[]) => {
      const parents = all.flatMap((merge) => merge.parents).filter(({ peer }) => peer !== flooder.peerId);
      return parents.reduce((sum, { weightQ16 }) => sum + weightQ16, 0) / UNIT_WEIGHT / all.length;
    };
    assert.ok(weight(merges) > 0.99 * weight(calm.merges), `${weight(merges)} in place of ${weight(calm.merges)}`);
    for (const { peerId } of crowd.members) assert.ok(shareIn(merges, peerId) >= 0.99 * shareIn(calm.merges, peerId));
    assert.ok(flooder.asked.length <= crowd.members.length * 10, "one body a cycle and reader");
  });

  it("has one place in a merge, and its announcements beyond the rate are refused", async () => {
    const { crowd, merges } = await flooded(4, 8, 4_000);
    for (const { parents } of merges) assert.equal(new Set(parents.map(({ peer }) => peer)).size, parents.length);
    for (const { peer } of crowd.members) {
      const { ERR_RATE = 0 } = peer.status().counters.refused;
      assert.ok(ERR_RATE > 280 && ERR_RATE < 320, `${ERR_RATE}: 80 of 400 at 20 a second, and a burst`);
    }
  });
});

describe("a peer four times as fast as the honest ones it hears", () => {
  it("has no more liars among its candidates than there are among its neighbours, however often they announce", async () => {
    const HONEST = 12;
    const FLOODERS = 3;
    const aggregation = { rule: "median", inboxSize: 6, quorum: 2, memory: 6 };
    const crowd = createCrowd({ task: blobTask({ training: { steps: 1, batch: 4 }, aggregation }) });
    const reader = await crowd.join(0, { trainMs: 250, minCycleMs: 250 });
    for (let i = 1; i <= HONEST; i++) {
      await crowd.join(i, { trainMs: 1000 + 10 * i });
      await crowd.run(77);
    }
    const flooders = Array.from({ length: FLOODERS }, (_, i) => crowd.joinHostile(FLOODER + i));
    for (let ms = 0; ms < 30_000; ms += 100) {
      for (const flooder of flooders) await flooder.offer({ age: reader.peer.status().age });
      await crowd.run(100);
    }
    const merges = (await mergesOf(reader)).slice(-80);
    const lies = new Set(flooders.map(({ peerId }) => peerId));
    const parents = merges.flatMap((merge) => merge.parents);
    const share = parents.filter(({ peer }) => lies.has(peer)).length / parents.length;
    const fair = FLOODERS / (FLOODERS + HONEST);
    assert.ok(share < 1.25 * fair, `${share} in place of ${fair}`); // 0.5: all that is new, before anything that is held
    assert.ok(share > 0.6 * fair, "they are heard all the same");
    assert.ok(parents.length > 5 * merges.length, "six candidates in nearly every merge");
  });
});

describe("one model under several names", () => {
  /** The last merge of the first peer, after `copy` offered copies. */
  async function mergeAfter(copy: (crowd: Crowd) => Promise<void>): Promise<{ merge: LoggedMerge; reader: Member }> {
    const aggregation = { rule: "median", memory: 0, quorum: 2 };
    const task = blobTask({ training: { steps: 5, batch: 16 }, aggregation });
    const crowd = createCrowd({ task });
    for (let i = 0; i < 4; i++) await crowd.join(i);
    await crowd.run(25_500);
    await copy(crowd);
    const copiedMs = crowd.world.clock.now();
    await crowd.run(1_000);
    const [reader] = crowd.members as [Member];
    const merge = (await mergesOf(reader)).at(-1);
    assert.ok(merge !== undefined && merge.tsMs > copiedMs);
    return { merge, reader };
  }

  it("counts once: the other names are logged as duplicates, of weight 0", async () => {
    const { merge, reader } = await mergeAfter(async (crowd) => {
      const age = crowd.members[0]?.peer.status().age ?? 0;
      const body = crowd.joinHostile(FLOODER).codec.encode(new Float32Array(21).fill(0.5));
      for (let i = 1; i <= 5; i++) await crowd.joinHostile(FLOODER + i).offer({ body, age });
    });
    const copies = merge.parents.filter(({ peer }) =>
      [1, 2, 3, 4, 5].some((i) => identityOf(FLOODER + i).peerId === peer),
    );
    assert.deepEqual(copies.map(({ status }) => status).sort(), Array(4).fill("duplicate").concat("used"));
    for (const { status, weightQ16 } of copies) assert.equal(weightQ16 === 0, status === "duplicate");
    assert.equal(reader.peer.status().counters.duplicate, 4);
    assert.equal(
      merge.parents.filter(({ status }) => status === "used").length,
      4,
      "three honest models, and one more",
    );
  });

  /** Takes the victim's newest model from it, and offers it under a name that sorts before or after the victim's. */
  async function steal(crowd: Crowd, victim: Member, claim: { before: boolean; age: number }): Promise<Hostile> {
    const number = Array.from({ length: 100 }, (_, i) => FLOODER + i).find(
      (i) => identityOf(i).peerId < victim.peerId === claim.before,
    );
    const identity = identityOf(number ?? 0);
    const transport = crowd.joinTransport(identity.peerId);
    const thief = createHostile({ transport, identity, crypto: nodeCrypto, task: crowd.task });
    while (!thief.heard.some(({ author }) => author === victim.peerId)) await crowd.run(20);
    const { model } = thief.heard.find(({ author }) => author === victim.peerId) ?? assert.fail();
    const { blob } = taskNames(nodeCrypto.sha256(encodeTask(crowd.task)));
    const pulled = pullBlob({ transport, crypto: nodeCrypto, clock: crowd.world.clock }, victim.peerId, blob, {
      hash: model,
      maxBytes: thief.codec.maxBytes,
      signal: new AbortController().signal,
    });
    await crowd.run(100);
    await thief.offer({ body: await pulled, age: claim.age });
    return thief;
  }

  for (const before of [true, false]) {
    it(`under a stolen name that sorts ${before ? "before" : "after"} the author's it counts once`, async () => {
      let names: string[] = [];
      const { merge } = await mergeAfter(async (crowd) => {
        const victim = crowd.members[2] as Member;
        const thief = await steal(crowd, victim, { before, age: victim.peer.status().age });
        names = [victim.peerId, thief.peerId];
      });
      const same = merge.parents.filter(({ peer }) => names.includes(peer));
      assert.equal(new Set(same.map(({ model }) => toHex(model))).size, 1);
      assert.deepEqual(same.map(({ status }) => status).sort(), ["duplicate", "used"]);
      assert.equal(merge.parents.filter(({ status }) => status === "used").length, 3);
    });
  }

  it("a thief that claims it is too old for a merge does not take the author's model along", async () => {
    let victimId = "";
    const { merge } = await mergeAfter(async (crowd) => {
      const victim = crowd.members[2] as Member;
      victimId = victim.peerId;
      await steal(crowd, victim, { before: true, age: 0 });
    });
    const victims = merge.parents.find(({ peer }) => peer === victimId);
    assert.equal(victims?.status, "used");
    const same = merge.parents.filter(({ model }) => equalBytes(model, victims?.model ?? model));
    assert.deepEqual(same.map(({ weightQ16, status }) => [weightQ16 > 0, status]).sort(), [
      [false, "removed"], // the thief's, under its name
      [true, "used"],
    ]);
  });
});
