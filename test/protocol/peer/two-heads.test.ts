/** A liar with two heads of one log, and the ways in which it can tell of them: none leaves it believed. Real signatures, virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toHex } from "../../../protocol/bytes.ts";
import type { PeerId } from "../../../protocol/seams.ts";
import { blobTask } from "../../support/blobs.ts";
import { type Crowd, createCrowd, type Member, mergesOf } from "../../support/crowd.ts";
import { joinTwoHeaded, type TwoHeaded } from "../../support/two-headed.ts";

const CYCLE_MS = 1000;
const LIAR = 50;
const task = blobTask({ training: { steps: 2, batch: 8 }, aggregation: { rule: "median" } });

async function crowdOf(peers: number): Promise<Crowd> {
  const crowd = createCrowd({ task, minCycleMs: CYCLE_MS });
  for (let n = 0; n < peers; n++) await crowd.join(n);
  return crowd;
}

const isBannedBy = async ({ store }: Member, peer: PeerId) => (await store.get(`evidence/${peer}`)) !== undefined;

/** Models of the liar that a member has merged; each counts once, though one that is held may be merged again. */
async function mergedOf(member: Member, liar: PeerId): Promise<number> {
  const parents = (await mergesOf(member)).flatMap(({ parents }) => parents);
  const merged = parents.filter(({ peer, status }) => peer === liar && status !== "invalid");
  return new Set(merged.map(({ model }) => toHex(model))).size;
}

/** A model of each head, at the next place of its log. */
function prepare({ heads }: TwoHeaded): [Uint8Array, Uint8Array] {
  return [heads[0].prepare(), heads[1].prepare()];
}

describe("two heads of one log are found out", () => {
  it("where each is told by greetings alone, to two neighbours of four, which know each other", async () => {
    const crowd = await crowdOf(4);
    const names = crowd.members.map(({ peerId }) => peerId);
    let offers: readonly Uint8Array[] = [];
    const sideOf = (from: PeerId) => (names.indexOf(from) < 2 ? 0 : 1);
    const liar = joinTwoHeaded(crowd, LIAR, task, { headFor: sideOf, greeting: (from) => offers[sideOf(from)] });
    await crowd.run(2.5 * CYCLE_MS);
    for (let cycle = 0; cycle < 6; cycle++) {
      offers = prepare(liar);
      for (const name of names) crowd.world.network.disconnect(liar.peerId, name);
      for (const name of names) crowd.world.network.connect(liar.peerId, name);
      await crowd.run(CYCLE_MS);
    }
    for (const member of crowd.members) {
      assert.ok(await isBannedBy(member, liar.peerId));
      assert.ok((await mergedOf(member, liar.peerId)) <= 2);
    }
  });

  it("where one lags far behind, no place was announced twice, and doubts are answered from the head that they are about", async () => {
    const crowd = await crowdOf(4);
    // One announces the odd places of its log, the other the even ones of its own.
    const headFor = (_: PeerId, seq: number) => (seq % 2 === 1 ? 0 : 1);
    const liar = joinTwoHeaded(crowd, LIAR, task, { headFor, greeting: () => undefined });
    await crowd.run(2.5 * CYCLE_MS);
    const lagging: Uint8Array[] = [];
    for (let cycle = 0; cycle < 6; cycle++) {
      const [odd] = prepare(liar);
      lagging.push(prepare(liar)[1]);
      await liar.announce(odd);
      await crowd.run(CYCLE_MS);
    }
    const before = await Promise.all(crowd.members.map((member) => mergedOf(member, liar.peerId)));
    assert.ok(
      before.every((merged) => merged >= 3),
      `${before}: it is believed as long as one head is known`,
    );
    await liar.announce(lagging.shift() as Uint8Array);
    await crowd.run(CYCLE_MS);
    const doubted = await Promise.all(crowd.members.map((member) => mergedOf(member, liar.peerId)));
    for (let cycle = 0; cycle < 12; cycle++) {
      const [odd] = prepare(liar);
      lagging.push(prepare(liar)[1]);
      await liar.announce(odd);
      if (cycle % 3 === 2) await liar.announce(lagging.shift() as Uint8Array);
      await crowd.run(CYCLE_MS);
    }
    for (const [i, member] of crowd.members.entries()) {
      const after = await mergedOf(member, liar.peerId);
      assert.ok(
        after - (doubted[i] as number) <= 1,
        `${after - (doubted[i] as number)} of 12 models merged after the doubt`,
      );
      assert.ok((member.peer.status().counters.refused.ERR_LOG_PROOF ?? 0) >= 1);
    }
  });
});

describe("old announcements of an author with one log", () => {
  it("cost it nothing: it shows with its next model that they are of that log", async () => {
    const crowd = await crowdOf(4);
    const liar = joinTwoHeaded(crowd, LIAR, task, { headFor: () => 0, greeting: () => undefined });
    const { heads } = liar;
    await crowd.run(2.5 * CYCLE_MS);
    const late: Uint8Array[] = [];
    for (let cycle = 0; cycle < 10; cycle++) {
      late.push(heads[0].prepare());
      await liar.announce(heads[0].prepare());
      if (cycle % 2 === 1) await liar.announce(late.shift() as Uint8Array);
      await crowd.run(CYCLE_MS);
    }
    for (const member of crowd.members) {
      assert.equal(await isBannedBy(member, liar.peerId), false);
      assert.deepEqual(member.peer.status().counters.refused, {});
      assert.ok((await mergedOf(member, liar.peerId)) >= 8);
    }
  });
});
