/** Peers that answer for their logs: models with proof, remembered heads, cosignatures, forks, restored backups. Real signatures, virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { joined, utf8 } from "../../../../protocol/base/bytes.ts";
import type { Store, Transport } from "../../../../protocol/base/seams.ts";
import { logIdOf, readEntry } from "../../../../protocol/log/entry/entry.ts";
import { decodeEvidence, verifyEvidence } from "../../../../protocol/log/entry/evidence.ts";
import { checkpointSignature, readCheckpoint } from "../../../../protocol/log/tree/checkpoint.ts";
import { cosignersAmong } from "../../../../protocol/peer/account/cosigning.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import {
  decodeCheckpointAnswer,
  decodeEntriesAnswer,
  decodeEvidenceAnswer,
  decodeGenerationsAnswer,
  decodeLogRequest,
  decodeProveAnswer,
  encodeLogRequest,
  encodeProveAnswer,
  LOG_PROTOCOL,
  type LogRequest,
} from "../../../../protocol/wire/log-messages.ts";
import { encodeHelloAnswer, HELLO_PROTOCOL, taskNames } from "../../../../protocol/wire/messages.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { blobTask } from "../../../support/blobs.ts";
import {
  type Crowd,
  contentOf,
  createCrowd,
  entriesOf,
  identityOf,
  type Member,
  mergesOf,
} from "../../../support/crowd.ts";
import { headOf } from "../../../support/forgetful.ts";

const CYCLE_MS = 1000;
const LIAR = 50;
const task = blobTask({ training: { steps: 5, batch: 16 }, aggregation: { rule: "median" } });
const taskId = nodeCrypto.sha256(encodeTask(task));

async function copyOf(store: Store): Promise<Store> {
  const copy = createMemoryStore();
  await copy.write((await contentOf(store)).map(([key, value]) => ({ key, value })));
  return copy;
}

async function crowdOf(peers: number): Promise<Crowd> {
  const crowd = createCrowd({ task, minCycleMs: CYCLE_MS });
  for (let i = 0; i < peers; i++) await crowd.join(i);
  return crowd;
}

const refusedBy = ({ peer }: Member) => peer.status().counters.refused;
const isBannedBy = async ({ store }: Pick<Member, "store">, peer: string) =>
  (await store.get(`evidence/${peer}`)) !== undefined;

describe("honest peers", () => {
  it("refuse nothing of each other, and cosign checkpoints of each other's logs", async () => {
    const crowd = await crowdOf(5);
    await crowd.run(60 * CYCLE_MS);
    for (const member of crowd.members) {
      assert.deepEqual(refusedBy(member), {});
      const { accountability, generation, counters } = member.peer.status();
      assert.equal(generation, 0);
      assert.ok(counters.merges >= 55);
      assert.ok(accountability?.cosigned, "no cosigned checkpoint");
      assert.ok(accountability.cosigned.cosigners >= 1 && accountability.cosigned.cosigners <= 3);
      assert.equal(
        accountability.cosigned.known,
        accountability.cosigned.cosigners,
        "all are neighbours that it pulled from",
      );
      assert.ok(member.peer.status().logSize > 100);
      assert.ok(member.peer.status().logSize - accountability.cosigned.size < 70, "of lately");
    }
  });

  it("show a checkpoint to whoever asks, whose cosigners count only for who knows them", async () => {
    const crowd = await crowdOf(4);
    await crowd.run(10 * CYCLE_MS);
    const [{ peer, peerId }] = crowd.members as [Member];
    const asker = crowd.joinTransport("asker");
    const asking = asker.request(peerId, LOG_PROTOCOL, encodeLogRequest({ what: "checkpoint", logId: peer.log.logId }));
    await crowd.run(100);
    const { note, cosigned } = decodeCheckpointAnswer(await asking);
    assert.ok(readCheckpoint(note).size >= readCheckpoint(cosigned ?? "").size);
    const checkpoint = readCheckpoint(cosigned ?? "");
    const others = crowd.members.slice(1).map((member) => member.peerId);
    assert.deepEqual(
      cosignersAmong(checkpoint, (name) => others.includes(name), nodeCrypto),
      checkpoint.signatures.slice(1).map(({ name }) => name),
    );
    assert.deepEqual(
      cosignersAmong(checkpoint, () => false, nodeCrypto),
      [],
    );
    const forged = { ...checkpoint, text: checkpoint.text.replace(/\n\d+\n/, "\n1\n") };
    assert.deepEqual(
      cosignersAmong(forged, () => true, nodeCrypto),
      [],
      "lines are about one checkpoint",
    );
  });
});

describe("a model without proof", () => {
  it("is refused with ERR_LOG_PROOF and logged as invalid: there is no such entry", async () => {
    const crowd = await crowdOf(4);
    const hostile = crowd.joinHostile(LIAR);
    await crowd.run(2.5 * CYCLE_MS);
    await hostile.offer({ unlogged: true });
    await crowd.run(2 * CYCLE_MS);
    for (const member of crowd.members) {
      assert.deepEqual(refusedBy(member), { ERR_LOG_PROOF: 1 });
      const parents = (await mergesOf(member)).flatMap(({ parents }) => parents);
      const liars = parents.filter(({ peer }) => peer === hostile.peerId);
      assert.deepEqual(new Set(liars.map(({ status }) => status)), new Set(["invalid"]));
    }
  });

  it("is refused where the entry says another age", async () => {
    const crowd = await crowdOf(3);
    const identity = identityOf(7);
    const { announce } = taskNames(taskId);
    const lie = (sealed: Uint8Array) => {
      const honest = decodeAnnouncement(sealed);
      return encodeAnnouncement({ ...honest, age: honest.age + 1 }, identity);
    };
    const wrapTransport = (transport: Transport): Transport => ({
      ...transport,
      announce: (topic, body) => transport.announce(topic, topic === announce ? lie(body) : body),
    });
    await crowd.join(7, { wrapTransport });
    await crowd.run(3 * CYCLE_MS);
    for (const member of crowd.members.slice(0, 3)) assert.ok((refusedBy(member).ERR_LOG_PROOF ?? 0) >= 1);
  });

  it("is refused where the announced tree, though its author signed it, does not have the entry", async () => {
    const crowd = await crowdOf(4);
    const hostile = crowd.joinHostile(LIAR);
    await crowd.run(2.5 * CYCLE_MS);
    const honest = decodeAnnouncement(hostile.prepare());
    const root = new Uint8Array(32).fill(9);
    const logId = logIdOf(honest.publicKey, taskId, nodeCrypto);
    const note = checkpointSignature({ logId, size: honest.seq + 1, root }, identityOf(LIAR));
    await hostile.announce(encodeAnnouncement({ ...honest, root, note }, identityOf(LIAR)));
    await crowd.run(2 * CYCLE_MS);
    for (const member of crowd.members) assert.deepEqual(refusedBy(member), { ERR_LOG_PROOF: 1 });
  });

  it("is refused where its entry is not signed by its author: a reader of that log could not show it to others", async () => {
    const crowd = await crowdOf(3);
    const unsigned = (answer: Uint8Array) => {
      const { entry, ...proof } = decodeProveAnswer(answer);
      return encodeProveAnswer({ ...proof, entry: entry.with(0, (entry[0] as number) ^ 1) });
    };
    const wrapTransport = (transport: Transport): Transport => ({
      ...transport,
      onRequest(protocol, handler) {
        if (protocol === taskNames(taskId).pull) return; // there the signed announcement stands for the entry's signature
        transport.onRequest(protocol, async (from, body) => {
          const answer = joined(await handler(from, body));
          return protocol === LOG_PROTOCOL && decodeLogRequest(body).what === "prove" ? unsigned(answer) : answer;
        });
      },
    });
    await crowd.join(7, { wrapTransport });
    await crowd.run(3 * CYCLE_MS);
    for (const member of crowd.members.slice(0, 3)) assert.ok((refusedBy(member).ERR_LOG_PROOF ?? 0) >= 1);
  });

  it("is not even pulled where its author did not sign the checkpoint that it announces, and the refusal is counted", async () => {
    const crowd = await crowdOf(4);
    const hostile = crowd.joinHostile(LIAR);
    await crowd.run(2.5 * CYCLE_MS);
    for (const note of [new Uint8Array(64), identityOf(7).sign(utf8("another text"))]) {
      const unsigned = encodeAnnouncement({ ...decodeAnnouncement(hostile.prepare()), note }, identityOf(LIAR));
      hostile.greetWith(unsigned);
      await hostile.announce(unsigned);
      await crowd.run(CYCLE_MS);
    }
    assert.equal(hostile.asked.length, 0);
    for (const member of crowd.members) assert.deepEqual(refusedBy(member), { ERR_SIGNATURE: 2 });
  });

  it("is accepted with it, from the same peer", async () => {
    const crowd = await crowdOf(4);
    const hostile = crowd.joinHostile(LIAR);
    await crowd.run(2.5 * CYCLE_MS);
    for (let i = 0; i < 3; i++) {
      await hostile.offer();
      await crowd.run(CYCLE_MS);
    }
    for (const member of crowd.members) assert.deepEqual(refusedBy(member), {});
  });
});

/** The store of a peer that has learned, and the crowd in which others still do. */
async function left(peers: number, atMs: number): Promise<{ crowd: Crowd; gone: Member; backup: Store }> {
  const crowd = await crowdOf(peers);
  await crowd.run(atMs);
  const [gone] = crowd.members as [Member];
  return { crowd, gone, backup: await copyOf(gone.store) };
}

async function stop(crowd: Crowd, { peer, peerId }: Member): Promise<void> {
  peer.stop();
  await crowd.run(2 * CYCLE_MS);
  crowd.world.network.leave(peerId);
}

describe("a peer with an old backup", () => {
  it("hears of what it has forgotten, goes on with the next generation, and nobody bans it", async () => {
    const { crowd, gone, backup } = await left(5, 5_100);
    await crowd.run(6 * CYCLE_MS);
    await stop(crowd, gone);
    const before = backup;
    const sizeBefore = (await contentOf(before)).filter(([key]) => key.startsWith("log/e/")).length;
    const again = await crowd.join(0, { store: backup });
    await crowd.run(6 * CYCLE_MS);
    const status = again.peer.status();
    assert.ok(status.generation > 0);
    assert.ok(status.counters.merges >= 4);
    assert.ok(
      again.events.some(
        (event) => event.kind === "generation" && event.generation === status.generation && event.why === "told",
      ),
    );
    const types = (await entriesOf(again)).slice(0, 3).map(({ type }) => type);
    assert.deepEqual(types, ["genesis", "resume", "train"]);
    const kept = (await contentOf(backup)).filter(([key]) => key.startsWith("log/e/")).length;
    assert.equal(kept, sizeBefore, "the old log is left as it was");
    for (const other of crowd.members.slice(1, 5)) {
      assert.ok(!(await isBannedBy(other, again.peerId)));
      const parents = (await mergesOf(other)).slice(-2).flatMap(({ parents }) => parents);
      const its = parents.filter(({ peer }) => peer === again.peerId);
      assert.ok(
        its.some(({ status }) => status !== "invalid"),
        "its models are taken again",
      );
    }
    assert.deepEqual(
      Object.keys(refusedBy(again)).filter((code) => code !== "ERR_REPLAYED"),
      [],
      "it refuses nobody",
    );
  });

  it("serves what it has of the log before as well", async () => {
    const { crowd, gone, backup } = await left(4, 5_100);
    await crowd.run(3 * CYCLE_MS);
    await stop(crowd, gone);
    const again = await crowd.join(0, { store: backup });
    await crowd.run(3 * CYCLE_MS);
    const asker = crowd.joinTransport("asker");
    const ask = async (request: LogRequest) => {
      const answer = asker.request(again.peerId, LOG_PROTOCOL, encodeLogRequest(request));
      answer.catch(() => {}); // awaited below
      await crowd.run(100);
      return answer;
    };
    const { generation } = again.peer.status();
    assert.deepEqual(decodeGenerationsAnswer(await ask({ what: "generations", task: taskId })), [0, generation]);
    await assert.rejects(ask({ what: "generations", task: new Uint8Array(32) }), { code: "ERR_NOT_FOUND" });
    const logId = logIdOf(again.identity.publicKey, taskId, nodeCrypto, 0);
    const checkpoint = readCheckpoint(decodeCheckpointAnswer(await ask({ what: "checkpoint", logId })).note);
    const { size, entries } = decodeEntriesAnswer(await ask({ what: "entries", logId, from: 2, limit: 5 }));
    assert.deepEqual(checkpoint.logId, logId);
    assert.ok(checkpoint.size <= size && size > 7);
    const seqs = entries.map((signed) => readEntry(signed, nodeCrypto).seq);
    assert.deepEqual(seqs, [2, 3, 4, 5, 6]);
    await assert.rejects(ask({ what: "prove", logId, seq: 1, old: 0 }), { code: "ERR_NOT_FOUND" });
  });

  it("is refused where it goes on as if nothing was: its old announcements, and a lower generation", async () => {
    const { crowd, gone } = await left(4, 5_100);
    const hostile = crowd.joinHostile(LIAR);
    const old = hostile.prepare();
    await hostile.announce(old);
    await crowd.run(CYCLE_MS);
    const honest = decodeAnnouncement(old);
    const newer = encodeAnnouncement({ ...honest, generation: 1 }, identityOf(LIAR));
    await hostile.announce(newer); // without a log: refused, but from now on the newest of its author
    await crowd.run(CYCLE_MS);
    const back = encodeAnnouncement({ ...honest, seq: 9, model: nodeCrypto.sha256(old) }, identityOf(LIAR));
    await hostile.announce(back);
    await crowd.run(CYCLE_MS);
    assert.ok((refusedBy(gone).ERR_REPLAYED ?? 0) >= 1);
  });

  /** Where it starts again from that store, beside a liar that tells it this of itself. */
  async function restartedBeside(crowd: Crowd, store: Store, yours: Uint8Array): Promise<Member> {
    const liar = crowd.joinTransport(identityOf(60).peerId);
    liar.onRequest(HELLO_PROTOCOL, () => encodeHelloAnswer({ task: taskId, agent: "liar/1", yours }));
    const again = await crowd.join(0, { store });
    await crowd.run(4 * CYCLE_MS);
    return again;
  }

  it("is not made to begin anew by what others say of it", async () => {
    const { crowd, gone, backup } = await left(4, 5_100);
    await stop(crowd, gone);
    const forged = encodeAnnouncement(
      { ...decodeAnnouncement(crowd.joinHostile(LIAR).prepare()), generation: 7 },
      { ...identityOf(LIAR), publicKey: gone.identity.publicKey },
    );
    const again = await restartedBeside(crowd, backup, forged);
    assert.equal(again.peer.status().generation, 0);
    assert.ok(again.peer.status().counters.published >= 3);
  });

  it("is not made to begin anew by what it said itself, of another task or of an earlier generation", async () => {
    const { crowd, gone, backup } = await left(4, 5_100);
    const said = decodeAnnouncement(crowd.joinHostile(LIAR).prepare());
    await crowd.run(3 * CYCLE_MS);
    await stop(crowd, gone);
    const ofAnotherTask = encodeAnnouncement(
      { ...said, task: nodeCrypto.sha256(taskId), generation: 7 },
      gone.identity,
    );
    const same = await restartedBeside(crowd, await copyOf(gone.store), ofAnotherTask);
    assert.equal(same.peer.status().generation, 0);
    await stop(crowd, same);
    const next = await crowd.join(0, { store: backup }); // too old: it begins anew
    await crowd.run(4 * CYCLE_MS);
    const { generation } = next.peer.status();
    assert.ok(generation > 0);
    await stop(crowd, next);
    const ofGeneration0 = encodeAnnouncement({ ...said, generation: 0, seq: 1e6 }, gone.identity);
    const again = await restartedBeside(crowd, backup, ofGeneration0);
    assert.equal(again.peer.status().generation, generation);
    assert.ok(again.peer.status().counters.published >= 3);
  });
});

describe("two heads of one log", () => {
  /** Peer 0 goes on, and at the same time a copy of it does, each with half of the others for neighbours. */
  async function twoHeads(): Promise<{ crowd: Crowd; honest: readonly Member[]; name: string }> {
    const { crowd, gone, backup } = await left(6, 5_100);
    await stop(crowd, gone);
    const honest = crowd.members.slice(1, 6);
    const first = await crowd.join(0, await headOf(await copyOf(backup), gone.identity, taskId));
    await crowd.run(2 * CYCLE_MS);
    await stop(crowd, first);
    await crowd.join(0, await headOf(await copyOf(backup), gone.identity, taskId));
    return { crowd, honest, name: gone.peerId };
  }

  it("are found out within two cycles by everybody, who ban the key for ever, also after a restart", async () => {
    const { crowd, honest, name } = await twoHeads();
    await crowd.run(2 * CYCLE_MS);
    for (const member of honest) {
      assert.ok(await isBannedBy(member, name), "no evidence");
      const evidence = decodeEvidence((await member.store.get(`evidence/${name}`)) as Uint8Array);
      assert.equal(verifyEvidence(evidence, nodeCrypto)?.peer, name);
      assert.ok(member.events.some((event) => event.kind === "evidence" && event.peer === name));
    }
    const merged = await Promise.all(honest.map(async (member) => (await mergesOf(member)).length));
    await crowd.run(5 * CYCLE_MS);
    for (const [i, member] of honest.entries()) {
      const later = (await mergesOf(member)).slice((merged[i] as number) + 1).flatMap(({ parents }) => parents);
      assert.ok(later.length > 0 && later.every(({ peer }) => peer !== name), "its models are taken no more");
    }
    const [restarted] = honest as [Member];
    await stop(crowd, restarted);
    const again = await crowd.join(1, { store: restarted.store });
    crowd.world.network.connect(again.peerId, name);
    await crowd.run(3 * CYCLE_MS);
    assert.equal(again.peer.status().accountability?.banned, 1);
    const later = (await mergesOf(again)).slice(-2).flatMap(({ parents }) => parents);
    assert.ok(later.every(({ peer }) => peer !== name));
  });

  it("are known to a newcomer, who asks", async () => {
    const { crowd, name } = await twoHeads();
    await crowd.run(2 * CYCLE_MS);
    const newcomer = await crowd.join(20);
    await crowd.run(2 * CYCLE_MS);
    assert.ok(await isBannedBy(newcomer, name));
  });

  it("are known to who was cut off while it was told, once one link is back, and to who is behind that one", async () => {
    const { crowd, honest, name } = await twoHeads();
    const { network } = crowd.world;
    const [near, far] = honest.slice(3) as [Member, Member];
    const rest = honest.slice(0, 3);
    for (const away of [near, far])
      for (const peer of [name, ...rest.map(({ peerId }) => peerId)]) network.disconnect(away.peerId, peer);
    await crowd.run(3 * CYCLE_MS);
    for (const member of rest) assert.ok(await isBannedBy(member, name));
    for (const member of [near, far]) assert.ok(!(await isBannedBy(member, name)));
    network.connect(near.peerId, (rest[0] as Member).peerId);
    await crowd.run(CYCLE_MS);
    for (const member of [near, far]) assert.ok(await isBannedBy(member, name));
  });

  it("are told to who does not hold the same evidence, and nothing to who does", async () => {
    const { crowd, honest, name } = await twoHeads();
    await crowd.run(3 * CYCLE_MS);
    const { peer, peerId } = honest[0] as Member;
    const asker = crowd.joinTransport("asker");
    async function told(held: string): Promise<number> {
      const sum = nodeCrypto.sha256(utf8(held));
      const request = encodeLogRequest({ what: "evidence", logId: peer.log.logId, from: 0, held: sum });
      const asking = asker.request(peerId, LOG_PROTOCOL, request);
      await crowd.run(100);
      return decodeEvidenceAnswer(await asking).length;
    }
    assert.deepEqual([await told(""), await told(`end ${name}\n`), await told(`fork ${name}\n`)], [1, 1, 0]);
    const of = (logId: Uint8Array) => ({ what: "evidence", logId, from: 0, held: new Uint8Array(32) }) as const;
    const ask = async (logId: Uint8Array) => {
      const asking = asker.request(peerId, LOG_PROTOCOL, encodeLogRequest(of(logId)));
      asking.catch(() => {}); // awaited below
      await crowd.run(100);
      return asking;
    };
    assert.equal(decodeEvidenceAnswer(await ask(taskId)).length, 1);
    await assert.rejects(ask(new Uint8Array(32).fill(7)), { code: "ERR_NOT_FOUND" });
  });

  it("end when they hear of it, with a sentence that says what to do", async () => {
    const { crowd, honest, name } = await twoHeads();
    await crowd.run(3 * CYCLE_MS);
    const evidence = (await honest[0]?.store.get(`evidence/${name}`)) as Uint8Array;
    const store = createMemoryStore();
    await store.write([{ key: `evidence/${name}`, value: evidence }]);
    await assert.rejects(crowd.prepare(0, { store }), { code: "ERR_BANNED", message: /hearsay key rotate/ });
  });
});

describe("a log that does not continue the one that was proved", () => {
  it("is found out by an old announcement of the other one, which somebody brings", async () => {
    const crowd = await crowdOf(4);
    const first = crowd.joinHostile(LIAR);
    const old = first.prepare(); // as others have heard it, elsewhere
    crowd.world.network.leave(first.peerId);
    const second = crowd.joinHostile(LIAR, { agent: "hostile/2" }); // the same key, another log
    await crowd.run(2.5 * CYCLE_MS);
    for (let i = 0; i < 9; i++) second.prepare();
    await second.offer();
    await crowd.run(CYCLE_MS);
    for (const member of crowd.members) assert.ok(!(await isBannedBy(member, second.peerId)));
    const messenger = crowd.joinTransport(identityOf(60).peerId);
    const [damaged] = [old.with(3, (old[3] as number) ^ 1)];
    await messenger.announce(taskNames(taskId).announce, damaged as Uint8Array);
    await crowd.run(CYCLE_MS);
    for (const member of crowd.members) assert.equal(refusedBy(member).ERR_SIGNATURE, 1);
    await messenger.announce(taskNames(taskId).announce, old);
    await crowd.run(CYCLE_MS);
    for (const member of crowd.members) assert.ok(await isBannedBy(member, second.peerId));
  });

  it("is asked for the entry at the place that is remembered, and convicted by it", async () => {
    const crowd = await crowdOf(4);
    const first = crowd.joinHostile(LIAR);
    await crowd.run(2.5 * CYCLE_MS);
    await first.offer();
    await crowd.run(1.5 * CYCLE_MS);
    crowd.world.network.leave(first.peerId);
    const second = crowd.joinHostile(LIAR, { agent: "hostile/2" }); // the same key, another log
    for (let i = 0; i < 3; i++) second.prepare(); // nothing that was announced before comes again
    await second.offer();
    await crowd.run(2 * CYCLE_MS);
    for (const member of crowd.members) assert.ok(await isBannedBy(member, first.peerId));
  });
});
