/** Evidence that strangers make of throw-away keys, and slow answers to who asks for it: real liars are found all the same. Virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { Store, Transport } from "../../../../protocol/base/seams.ts";
import { decodeEvidence } from "../../../../protocol/log/entry/evidence.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { peerIdFromPublicKey } from "../../../../protocol/wire/identity.ts";
import { decodeLogRequest, encodeEvidenceAnswer, LOG_PROTOCOL } from "../../../../protocol/wire/log-messages.ts";
import { encodeHelloAnswer, HELLO_PROTOCOL, taskNames } from "../../../../protocol/wire/messages.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { blobTask } from "../../../support/blobs.ts";
import { type Crowd, contentOf, createCrowd, identityOf, type Member } from "../../../support/crowd.ts";
import { headOf } from "../../../support/forgetful.ts";
import { selfMadeFork, storedFork } from "../../../support/self-made-forks.ts";

const task = blobTask({ training: { steps: 2, batch: 8 }, aggregation: { rule: "median" } });
const taskId = nodeCrypto.sha256(encodeTask(task));
const names = taskNames(taskId);
const LIAR = 9;

async function copyOf(store: Store): Promise<Store> {
  const copy = createMemoryStore();
  await copy.write((await contentOf(store)).map(([key, value]) => ({ key, value })));
  return copy;
}

/** Honest peers and one that will lie, which all have merged. */
async function scene(peers = 4): Promise<{ crowd: Crowd; honest: readonly Member[]; liar: Member }> {
  const crowd = createCrowd({ task });
  for (let n = 0; n < peers; n++) await crowd.join(n);
  const liar = await crowd.join(LIAR);
  await crowd.run(5_100);
  return { crowd, honest: crowd.members.slice(0, peers), liar };
}

/** The liar goes on twice from one store. */
async function fork(crowd: Crowd, liar: Member): Promise<void> {
  const store = await copyOf(liar.store);
  let before = liar;
  for (let head = 0; head < 2; head++) {
    before.kill();
    crowd.world.network.leave(liar.peerId);
    before = await crowd.join(LIAR, await headOf(await copyOf(store), liar.identity, taskId));
    await crowd.run(3_000);
  }
}

/** A stranger of this task that tells evidence to who asks, when it likes. */
function strangerOf(crowd: Crowd, n: number, tell: (from: number) => Promise<Uint8Array[]>): Transport {
  const transport = crowd.joinTransport(identityOf(n).peerId);
  transport.onRequest(HELLO_PROTOCOL, () => encodeHelloAnswer({ task: taskId, agent: "stranger/1" }));
  transport.onRequest(LOG_PROTOCOL, async (_from, body) => {
    const request = decodeLogRequest(body);
    return encodeEvidenceAnswer(request.what === "evidence" ? await tell(request.from) : []);
  });
  return transport;
}

const keysIn = async ({ store }: Member) =>
  (await contentOf(store)).filter(([key]) => key.startsWith("evidence/")).map(([key]) => key.slice("evidence/".length));
const bannedBy = ({ peer }: Member) => peer.status().accountability?.banned ?? 0;

describe("forks of throw-away keys", () => {
  it("by gossip and in answers take no place from evidence against a peer that one has dealt with", async () => {
    const { crowd, honest, liar } = await scene();
    const forks = Array.from({ length: 1_500 }, (_, n) => selfMadeFork(n, taskId));
    const teller = strangerOf(crowd, 60, async (from) => forks.slice(from, from + 300));
    for (const each of forks.slice(0, 1_200)) await teller.announce(names.evidence, each);
    await crowd.run(20_000);
    for (const member of honest) {
      assert.ok(bannedBy(member) > 0, "some of it is looked at, and passed on");
      assert.ok(bannedBy(member) <= LIMITS.maxIdentities.bannedStrangers);
      assert.ok((await keysIn(member)).length <= LIMITS.maxIdentities.bannedStrangers);
    }
    await fork(crowd, liar);
    await crowd.run(2_000);
    for (const member of honest) assert.ok((await keysIn(member)).includes(liar.peerId));
  });

  it("by gossip are looked at only as long as who brings them can pay", async () => {
    const { crowd, honest } = await scene();
    const teller = strangerOf(crowd, 61, async () => []);
    for (let n = 0; n < 1_000; n++) await teller.announce(names.evidence, selfMadeFork(n, taskId));
    await crowd.run(300);
    for (const member of honest) {
      const looked = bannedBy(member);
      assert.ok(looked > 0 && looked < 600, `${looked} of 1,000 were looked at`);
      assert.ok((member.peer.status().counters.refused.ERR_RATE ?? 0) > 300);
    }
  });

  it("that an earlier version kept go from the store, and evidence against a known key stays and counts", async () => {
    const { crowd, honest, liar } = await scene();
    await fork(crowd, liar);
    const [first] = honest as [Member];
    first.kill();
    crowd.world.network.leave(first.peerId);
    const flood = Array.from({ length: 3_000 }, (_, n) => storedFork(n, taskId));
    const named = flood.map((value) => ({
      key: `evidence/${peerIdFromPublicKey(decodeEvidence(value).publicKey)}`,
      value,
    }));
    await first.store.write(named);
    const again = await crowd.join(0, { store: first.store, place: { moved: false, changes: [] } });
    await crowd.run(4_000);
    const kept = await keysIn(again);
    assert.ok(kept.includes(liar.peerId));
    assert.ok(kept.length <= LIMITS.maxIdentities.bannedMet + 1, `${kept.length} are left`);
    assert.ok(bannedBy(again) <= LIMITS.maxIdentities.bannedMet + 1);
    assert.ok(again.peer.status().counters.merges > 0);
  });
});

describe("evidence against a peer that one has dealt with", () => {
  it("is on disk before it is said, and is acted on after a restart", async () => {
    const { crowd, honest, liar } = await scene();
    const [first] = honest as [Member];
    const onDisk: Promise<boolean>[] = [];
    first.events.push = (...events) => {
      for (const event of events)
        if (event.kind === "evidence")
          onDisk.push(first.store.get(`evidence/${liar.peerId}`).then((found) => found !== undefined));
      return events.length;
    };
    await fork(crowd, liar);
    assert.deepEqual(await Promise.all(onDisk), [true]);
  });

  it("is not lost to junk about it: what does not hold is refused, and what holds comes in time", async () => {
    const { crowd, honest, liar } = await scene();
    const stranger = strangerOf(crowd, 60, async () => []);
    const junk = Array.from({ length: 200 }, (_, n) => {
      const evidence = storedFork(n, taskId);
      evidence.set(liar.identity.publicKey, Buffer.from(evidence).indexOf(decodeEvidence(evidence).publicKey));
      return evidence;
    });
    for (const each of junk) await stranger.announce(names.evidence, each);
    await crowd.run(1_000);
    await fork(crowd, liar);
    await crowd.run(1_000);
    for (const member of honest) assert.ok((await keysIn(member)).includes(liar.peerId));
  });
});

describe("neighbours that tell their evidence slowly, and without end,", () => {
  const slowly = (crowd: Crowd) => async () => {
    await new Promise<void>((resolve) => crowd.world.clock.after(9_000, resolve));
    return [selfMadeFork(0, taskId)];
  };

  it("hold up nobody but themselves: known peers are asked beside them", async () => {
    const { crowd, honest, liar } = await scene();
    const [away, ...rest] = honest as [Member, ...Member[]];
    const { network } = crowd.world;
    away.kill();
    network.leave(away.peerId);
    await fork(crowd, liar);
    for (let n = 60; n < 70; n++) strangerOf(crowd, n, slowly(crowd));
    const again = await crowd.join(0, { store: away.store, place: { moved: false, changes: [] } });
    for (const { peerId } of [...rest, liar]) network.disconnect(again.peerId, peerId);
    await crowd.run(2_000);
    assert.ok(!(await keysIn(again)).includes(liar.peerId));
    network.connect(again.peerId, (rest[0] as Member).peerId);
    await crowd.run(1_000);
    assert.ok((await keysIn(again)).includes(liar.peerId));
  });

  it("are given up after half a minute: a newcomer asks the next ones", async () => {
    const { crowd, honest, liar } = await scene();
    await fork(crowd, liar);
    for (let n = 60; n < 63; n++) strangerOf(crowd, n, slowly(crowd));
    const newcomer = await crowd.join(20);
    const { network } = crowd.world;
    for (const { peerId } of honest) network.disconnect(newcomer.peerId, peerId);
    await crowd.run(1_000);
    network.connect(newcomer.peerId, (honest[0] as Member).peerId);
    await crowd.run(LIMITS.evidenceQueryMs + 2_000);
    assert.ok(bannedBy(newcomer) > 0);
    assert.ok((await keysIn(newcomer)).includes(liar.peerId));
  });
});
