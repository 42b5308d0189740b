/** A liar that announces one head of its log, and shows the other to whoever audits it. Real signatures, virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import type { PeerId } from "../../../../protocol/base/seams.ts";
import { logIdOf } from "../../../../protocol/log/entry/entry.ts";
import { forkBetween } from "../../../../protocol/log/entry/evidence.ts";
import {
  checkpointFrom,
  formatCheckpoint,
  isSignedBy,
  readCheckpoint,
  signCheckpoint,
} from "../../../../protocol/log/tree/checkpoint.ts";
import type { LogWatch } from "../../../../protocol/peer/account/log-watch.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { decodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { decodeEntriesAnswer, encodeLogRequest, LOG_PROTOCOL } from "../../../../protocol/wire/log-messages.ts";
import { blobTask } from "../../../support/blobs.ts";
import { type Crowd, createCrowd, identityOf, type Member, mergesOf } from "../../../support/crowd.ts";
import { joinTwoHeaded, type TwoHeaded } from "../../../support/two-headed.ts";

const CYCLE_MS = 1000;
const LIAR = 50;
const task = blobTask({ training: { steps: 2, batch: 8 }, aggregation: { rule: "median" } });
const taskId = nodeCrypto.sha256(encodeTask(task));

interface Audited {
  readonly crowd: Crowd;
  readonly liar: TwoHeaded;
  /** The places 1 to 4 of the other head. */
  readonly hidden: readonly Uint8Array[];
  readonly auditor: Member;
  readonly watch: LogWatch;
  /** Which head shows its entries; the first one proves its models. */
  answerFrom(head: 0 | 1): void;
}

/** Four honest peers that have heard of the places 1 to 4 of the first head. */
async function audited(): Promise<Audited> {
  const crowd = createCrowd({ task, minCycleMs: CYCLE_MS });
  for (let n = 0; n < 4; n++) await crowd.join(n);
  let answering: 0 | 1 = 0;
  const liar = joinTwoHeaded(crowd, LIAR, task, {
    headFor: (_, __, what) => (what === "entries" ? answering : 0),
    greeting: () => undefined,
  });
  const hidden: Uint8Array[] = [];
  await crowd.run(2.5 * CYCLE_MS);
  for (let i = 0; i < 4; i++) {
    await liar.announce(liar.heads[0].prepare());
    hidden.push(liar.heads[1].prepare());
    await crowd.run(CYCLE_MS);
  }
  const [auditor] = crowd.members as [Member];
  const watch = auditor.peer.others?.watch(liar.peerId, 0);
  assert.ok(watch !== undefined);
  function answerFrom(head: 0 | 1): void {
    answering = head;
  }
  return { crowd, liar, hidden, auditor, watch, answerFrom };
}

const isBannedBy = async ({ store }: Member, peer: PeerId) => (await store.get(`evidence/${peer}`)) !== undefined;
const refusedBy = ({ peer }: Member) => peer.status().counters.refused;

async function assertBannedByAll({ crowd, liar }: Audited): Promise<void> {
  await crowd.run(0.5 * CYCLE_MS);
  for (const member of crowd.members) assert.ok(await isBannedBy(member, liar.peerId));
}

/** The checkpoint that an announcement signs, as a peer shows it. */
function noteOf(sealed: Uint8Array): string {
  const { publicKey, generation, seq, root, note } = decodeAnnouncement(sealed);
  const logId = logIdOf(publicKey, taskId, nodeCrypto, generation);
  return formatCheckpoint(checkpointFrom({ logId, size: seq + 1, root }, publicKey, note, nodeCrypto));
}

/** The entries of a head, as it shows them to somebody else. */
async function shownBy({ crowd, liar, hidden, answerFrom }: Audited, head: 0 | 1): Promise<readonly Uint8Array[]> {
  answerFrom(head);
  const asker = crowd.joinTransport(`asker ${head}`);
  const { publicKey } = decodeAnnouncement(hidden[0] as Uint8Array);
  const logId = logIdOf(publicKey, taskId, nodeCrypto);
  const asking = asker.request(
    liar.peerId,
    LOG_PROTOCOL,
    encodeLogRequest({ what: "entries", logId, from: 0, limit: 100 }),
  );
  await crowd.run(100);
  answerFrom(0);
  return decodeEntriesAnswer(await asking).entries;
}

/** Announces the next places of the first head, a cycle each. */
async function goOn({ crowd, liar }: Audited, cycles: number): Promise<void> {
  for (let i = 0; i < cycles; i++) {
    await liar.announce(liar.heads[0].prepare());
    await crowd.run(CYCLE_MS);
  }
}

describe("a head that is shown to an auditor alone", () => {
  it("by a checkpoint of a size that was announced convicts its author before all, once everything was fetched", async () => {
    const audit = await audited();
    audit.watch.checkpoint(noteOf(audit.hidden[3] as Uint8Array));
    await audit.crowd.run(0.5 * CYCLE_MS);
    assert.equal(await isBannedBy(audit.auditor, audit.liar.peerId), false, "the connection is still needed");
    audit.watch.end();
    await assertBannedByAll(audit);
  });

  it("by its entries convicts its author, wherever the page begins", async () => {
    for (const from of [0, 2, 4]) {
      const audit = await audited();
      const entries = await shownBy(audit, 1);
      audit.watch.entries(from, entries.slice(from));
      audit.watch.end();
      await assertBannedByAll(audit);
    }
  });

  it("by a checkpoint of another size has to be accounted for: nothing is taken of its author, and entries of that head convict it", async () => {
    for (const head of [0, 1] as const) {
      const audit = await audited();
      const { liar, auditor, watch, answerFrom } = audit;
      watch.checkpoint(noteOf(liar.heads[1].prepare()));
      watch.end();
      for (let i = 0; i < 3; i++) liar.heads[1].prepare(); // it goes on as well
      const { publicKey } = decodeAnnouncement(audit.hidden[0] as Uint8Array);
      const later = { logId: logIdOf(publicKey, taskId, nodeCrypto, 1), size: 3, root: taskId };
      const note = signCheckpoint(later, identityOf(LIAR), nodeCrypto); // of another log: it takes no doubt about this one away
      auditor.peer.others?.watch(liar.peerId, 1).checkpoint(note);
      answerFrom(head);
      liar.heads[0].prepare();
      await goOn(audit, 2);
      assert.ok((refusedBy(auditor).ERR_LOG_PROOF ?? 0) >= 1, "it does not go on from there");
      assert.equal(await isBannedBy(auditor, liar.peerId), head === 1, "from the announced head alone nobody can tell");
    }
  });

  it("is that of an author with one log: it proves it with its next model, and loses nothing", async () => {
    const audit = await audited();
    const { liar, auditor, watch } = audit;
    watch.checkpoint(noteOf(liar.heads[0].prepare()));
    watch.entries(0, await shownBy(audit, 0));
    watch.end();
    await goOn(audit, 4);
    assert.equal(await isBannedBy(auditor, liar.peerId), false);
    assert.deepEqual(refusedBy(auditor), {});
    const parents = (await mergesOf(auditor)).slice(-2).flatMap(({ parents }) => parents);
    assert.ok(parents.some(({ peer, status }) => peer === liar.peerId && status !== "invalid"));
  });

  it("says nothing where nobody signed it, of another log, or of one that nobody announced", async () => {
    const audit = await audited();
    const { crowd, liar, hidden, auditor, watch } = audit;
    const note = noteOf(hidden[3] as Uint8Array);
    for (const other of ["", "nonsense", note.replace("\n5\n", "\n6\n")]) watch.checkpoint(other);
    auditor.peer.others?.watch(liar.peerId, 1).checkpoint(note);
    auditor.peer.others?.watch(identityOf(60).peerId, 0).checkpoint(note);
    const entries = await shownBy(audit, 1);
    watch.entries(
      0,
      entries.map((bytes) => bytes.with(0, (bytes[0] as number) ^ 1)),
    );
    watch.end();
    await goOn(audit, 2);
    assert.equal(await isBannedBy(auditor, liar.peerId), false);
    assert.deepEqual(refusedBy(auditor), {});
    assert.equal(crowd.members.length, 4);
  });
});

describe("the states of a log that its author announced", () => {
  it("are told as it announced them, the newest first, of the generation that is asked for", async () => {
    const { liar, auditor, hidden } = await audited();
    const { publicKey } = decodeAnnouncement(hidden[0] as Uint8Array);
    const heads = auditor.peer.others?.heads(liar.peerId, 0) ?? [];
    const notes = heads.map(({ sealed }) => readCheckpoint(noteOf(sealed)));
    assert.deepEqual(
      notes.map(({ size }) => size),
      [5, 4, 3, 2],
    );
    assert.ok(notes.every((note) => isSignedBy(note, publicKey, nodeCrypto)));
    assert.deepEqual(auditor.peer.others?.heads(liar.peerId, 1), []);
    assert.deepEqual(auditor.peer.others?.heads(identityOf(60).peerId, 0), []);
  });
});

describe("evidence that the owner found in files", () => {
  it("convicts as if it had been heard: all ban its key, and nothing else does", async () => {
    const audit = await audited();
    const { auditor, hidden, crowd } = audit;
    const [sealed = assert.fail()] = hidden;
    const { publicKey, seq } = decodeAnnouncement(sealed);
    const entries = await shownBy(audit, 0);
    const accused = { publicKey, task: taskId, generation: 0 };
    const entry = { what: "entry", bytes: entries[seq] as Uint8Array } as const;
    const evidence =
      forkBetween(accused, [{ what: "announcement", bytes: sealed }, entry], nodeCrypto) ?? assert.fail();
    const found = (bytes: Uint8Array) => auditor.peer.others?.found(bytes).verdict;
    for (const junk of [new Uint8Array(0), sealed, evidence.with(100, (evidence[100] as number) ^ 1)])
      assert.equal(found(junk), "reject");
    await crowd.run(0.5 * CYCLE_MS);
    for (const member of crowd.members) assert.equal(member.peer.status().accountability?.banned, 0);
    assert.equal(found(evidence), "accept");
    assert.equal(found(evidence), "ignore");
    await assertBannedByAll(audit);
  });
});
