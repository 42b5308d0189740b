/** A liar with two heads of one log, and the ways in which it can tell of them: none leaves it believed. Real signatures, virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { toHex } from "../../../../protocol/base/bytes.ts";
import type { PeerId } from "../../../../protocol/base/seams.ts";
import { decodeEvidence } from "../../../../protocol/log/entry/evidence.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import type { LogRequest } from "../../../../protocol/wire/log-messages.ts";
import { taskNames } from "../../../../protocol/wire/messages.ts";
import { blobTask } from "../../../support/blobs.ts";
import { type Crowd, createCrowd, identityOf, type Member, mergesOf } from "../../../support/crowd.ts";
import { createHostile, type Hostile } from "../../../support/hostile.ts";
import { type Faces, joinTwoHeaded, type TwoHeaded } from "../../../support/two-headed.ts";

const CYCLE_MS = 1000;
const LIAR = 50;
const task = blobTask({ training: { steps: 2, batch: 8 }, aggregation: { rule: "median" } });
const taskId = nodeCrypto.sha256(encodeTask(task));

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

  for (const [how, faces] of [
    ["answers each question from the head that it is about", {}],
    ["shows each entry of the head whose place it is", { byPlace: true }],
    ["has them in a later generation of its log", { generations: [5, 5] }],
    ["refuses to prove that one follows the other", { answers: (request: LogRequest) => !provesAfterEven(request) }],
  ] as const)
    it(`where one lags far behind, no place was announced twice, and it ${how}`, async () => {
      const { crowd, liar } = await lagging(faces);
      for (const member of crowd.members) assert.ok(await isBannedBy(member, liar.peerId));
    });

  it("where it shows no entries: nobody can convict it, and nobody takes its models", async () => {
    const { crowd, liar, before } = await lagging({ answers: ({ what }) => what !== "entries" });
    for (const [i, member] of crowd.members.entries()) {
      assert.equal(await isBannedBy(member, liar.peerId), false);
      const after = await mergedOf(member, liar.peerId);
      assert.ok(
        after - (before[i] as number) <= 1,
        `${after - (before[i] as number)} of 12 models merged after the doubt`,
      );
      assert.ok((member.peer.status().counters.refused.ERR_LOG_PROOF ?? 0) >= 1);
    }
  });
});

/** Asks for a proof that a log goes on from a state with which an even place was announced. */
const provesAfterEven = (request: LogRequest) => request.what === "prove" && request.old % 2 === 1;

/** A liar that announces the odd places of one head; later now and then one of the even places of the other, long after they were due. */
async function lagging(
  faces: Pick<Faces, "byPlace" | "answers" | "generations">,
): Promise<{ crowd: Crowd; liar: TwoHeaded; before: readonly number[] }> {
  const crowd = await crowdOf(4);
  let isDoubted = false;
  const liar = joinTwoHeaded(crowd, LIAR, task, {
    ...faces,
    answers: (request) => !isDoubted || (faces.answers?.(request) ?? true),
    headFor: (_, seq) => (seq % 2 === 1 ? 0 : 1),
    greeting: () => undefined,
  });
  const late: Uint8Array[] = [];
  async function oneCycle(tells: boolean): Promise<void> {
    const [odd] = prepare(liar);
    late.push(prepare(liar)[1]);
    await liar.announce(odd);
    if (tells) await liar.announce(late.shift() as Uint8Array);
    await crowd.run(CYCLE_MS);
  }
  await crowd.run(2.5 * CYCLE_MS);
  for (let cycle = 0; cycle < 6; cycle++) await oneCycle(false);
  const believed = await Promise.all(crowd.members.map((member) => mergedOf(member, liar.peerId)));
  assert.ok(
    believed.every((merged) => merged >= 3),
    `${believed}: it is believed as long as one head is known`,
  );
  isDoubted = true;
  await liar.announce(late.shift() as Uint8Array);
  await crowd.run(CYCLE_MS);
  const before = await Promise.all(crowd.members.map((member) => mergedOf(member, liar.peerId)));
  for (let cycle = 0; cycle < 12; cycle++) await oneCycle(cycle % 3 === 2);
  return { crowd, liar, before };
}

describe("heads in several generations", () => {
  /** One log at first, then another of a later generation, proved to all. */
  async function begunAnew(faces: Partial<Faces> = {}): Promise<{ crowd: Crowd; liar: TwoHeaded; told: Uint8Array }> {
    const crowd = await crowdOf(4);
    const liar = joinTwoHeaded(crowd, LIAR, task, {
      ...{ headFor: () => 0, greeting: () => undefined, generations: [0, 7] },
      ...faces,
    });
    await crowd.run(2.5 * CYCLE_MS);
    const told = liar.heads[0].prepare();
    for (const sealed of [told, liar.heads[0].prepare(), liar.heads[1].prepare()]) {
      await liar.announce(sealed);
      await crowd.run(CYCLE_MS);
    }
    for (const member of crowd.members) assert.ok((await mergedOf(member, liar.peerId)) >= 2, "all was well so far");
    return { crowd, liar, told };
  }

  /** Another head of the first log, and the transport by which somebody tells of it. */
  function otherHead(crowd: Crowd): { head: Hostile; tell(sealed: Uint8Array): Promise<void> } {
    const messenger = crowd.joinTransport(identityOf(60).peerId);
    const ignored = { ...messenger, onRequest: () => {}, onAnnounce: () => {} };
    const identity = identityOf(LIAR);
    const head = createHostile({ transport: ignored, identity, crypto: nodeCrypto, task, agent: "hostile/9" });
    return { head, tell: (sealed) => messenger.announce(taskNames(taskId).announce, sealed) };
  }

  it("of which the former log has two at one place: found out, though it is not announced any more", async () => {
    const { crowd, liar } = await begunAnew();
    const { head, tell } = otherHead(crowd);
    head.prepare();
    await tell(head.prepare());
    await crowd.run(CYCLE_MS);
    for (const { store } of crowd.members) {
      const evidence = await store.get(`evidence/${liar.peerId}`);
      assert.equal(evidence && decodeEvidence(evidence).generation, 0);
    }
  });

  it("of which the former log has another at a place that was not announced: its own entries convict it", async () => {
    const { crowd, liar } = await begunAnew();
    const { head, tell } = otherHead(crowd);
    for (let i = 0; i < 2; i++) head.prepare();
    liar.heads[0].prepare();
    await tell(head.prepare());
    await crowd.run(CYCLE_MS);
    for (const member of crowd.members) assert.ok(await isBannedBy(member, liar.peerId));
  });

  it("that begins a new one when it is doubted: what it serves of the former log convicts it all the same", async () => {
    const crowd = await crowdOf(4);
    const liar = joinTwoHeaded(crowd, LIAR, task, {
      generations: [0, 0, 9],
      headFor: (_, seq) => (seq % 2 === 1 ? 0 : 1),
      greeting: () => undefined,
      answers: (request) => request.what !== "entries" || request.limit > 2, // not what a doubt asks at once
    });
    await crowd.run(2.5 * CYCLE_MS);
    prepare(liar);
    const [, even] = prepare(liar);
    for (let i = 0; i < 3; i++) {
      await liar.announce(prepare(liar)[0]);
      prepare(liar);
      await crowd.run(CYCLE_MS);
    }
    await liar.announce(even);
    await crowd.run(0.2 * CYCLE_MS);
    const [, , later] = liar.heads;
    await liar.announce((later as Hostile).prepare());
    await crowd.run(2 * CYCLE_MS);
    for (const member of crowd.members) assert.ok(await isBannedBy(member, liar.peerId));
  });

  it("of an honest author cost it nothing, told late or in any order", async () => {
    const { crowd, liar, told } = await begunAnew();
    const between = liar.heads[0].prepare(); // of the former log, and never announced when it was due
    for (const sealed of [between, told, between]) {
      await liar.announce(sealed);
      await liar.announce(liar.heads[1].prepare());
      await crowd.run(CYCLE_MS);
    }
    for (const member of crowd.members) {
      assert.equal(await isBannedBy(member, liar.peerId), false);
      assert.ok((await mergedOf(member, liar.peerId)) >= 5);
      assert.deepEqual(member.peer.status().counters.refused, {});
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
