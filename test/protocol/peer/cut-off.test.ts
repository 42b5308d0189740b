/** A peer that reaches nobody for long, as a station without a link: it goes on by itself, keeps what it makes, and brings it along. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { verifyLog } from "../../../protocol/log/verify/verify.ts";
import { type Crowd, createCrowd, entriesIn, entriesOf, type Member, mergesOf } from "../../support/crowd.ts";
import { createMemoryArchive } from "../../support/memory-archive.ts";

const [FIRST_MS, CUT_OFF_MS, BACK_MS] = [5_000, 60_000, 8_000];

async function scene() {
  const crowd = createCrowd();
  for (let i = 0; i < 5; i++) await crowd.join(i);
  const archive = createMemoryArchive();
  const one = await crowd.join(5, { archive });
  await crowd.run(FIRST_MS);
  return { crowd, archive, one, others: crowd.members.slice(0, 5) };
}

function cutOff({ world }: Crowd, one: Member, others: readonly Member[]): void {
  for (const { peerId } of others) world.network.disconnect(one.peerId, peerId);
}

/** The models that a log says were published, in hex. */
async function publishedBy(one: Member): Promise<string[]> {
  return (await entriesOf(one)).flatMap((entry) => (entry.type === "publish" ? [toHex(entry.body.model)] : []));
}

/** Connects it again, and looks what others do. @returns what each of them merged of its models from then on, in hex, oldest first. */
async function back(crowd: Crowd, one: Member, others: readonly Member[]): Promise<string[][]> {
  const backMs = crowd.world.clock.now();
  for (const { peerId } of others) crowd.world.network.connect(one.peerId, peerId);
  await crowd.run(BACK_MS);
  const heard: string[][] = [];
  for (const other of others) {
    const against = other.events.filter(
      (event) => event.kind === "evidence" || (event.kind === "refused" && /LOG|BANNED/.test(event.code)),
    );
    assert.deepEqual(against, [], "nobody doubts its log");
    const merges = (await mergesOf(other)).filter(({ tsMs }) => tsMs >= backMs);
    heard.push(
      merges.flatMap(({ parents }) => parents.flatMap((p) => (p.peer === one.peerId ? [toHex(p.model)] : []))),
    );
  }
  return heard;
}

async function assertLogHolds(one: Member): Promise<void> {
  const log = (await entriesOf(one)).map(({ signed }) => signed);
  assert.ok((await verifyLog(log, { crypto: nodeCrypto, peer: one.peerId })).ok);
}

it("a peer that is cut off from all trains on, logs and keeps each model, and when it is back all others merge its newest one, in the same log", async () => {
  const { crowd, archive, one, others } = await scene();
  const [before, age] = [await publishedBy(one), one.peer.status().age];
  cutOff(crowd, one, others);
  const merges = one.mergedMs.length;
  await crowd.run(CUT_OFF_MS);
  assert.ok(one.mergedMs.length <= merges + 1, "it merged what was on the way, and then nothing");
  assert.ok(
    one.peer.status().age - age > (0.9 * CUT_OFF_MS * crowd.task.training.steps) / 1_000,
    "it trained all the time",
  );
  const upToNow = await publishedBy(one);
  assert.ok(upToNow.length - before.length > (0.9 * CUT_OFF_MS) / 1_000, "what it made stands in its log");
  for (const model of upToNow) assert.ok(await archive.get(Buffer.from(model, "hex")), "and is kept");

  const heard = await back(crowd, one, others);
  const all = await publishedBy(one);
  for (const models of heard) {
    assert.ok(models.length > 0, "all others heard it");
    for (const model of models)
      assert.ok(all.indexOf(model) >= upToNow.length - 1, "of what it made meanwhile, the newest");
  }
  assert.equal(one.peer.status().generation, 0);
  await assertLogHolds(one);
});

it("a peer that starts anew while it is cut off trains on from where it was, without a log; when it is back it is heard, by a new log, and convicted of nothing", async () => {
  const { crowd, archive, one: first, others } = await scene();
  cutOff(crowd, first, others);
  await crowd.run(CUT_OFF_MS / 2);
  const { age, cycle } = first.peer.status();
  first.kill();
  const size = (await entriesIn(first.store)).length;
  const configured = others.map(({ peerId }) => peerId);
  const one = await crowd.join(5, { archive, store: first.store, configured });
  cutOff(crowd, one, others);
  assert.deepEqual([one.peer.status().age, one.peer.status().cycle], [age, cycle], "nothing was lost");
  await crowd.run(CUT_OFF_MS / 2);
  assert.ok(one.peer.status().age > age, "it trains");
  assert.equal((await entriesIn(one.store)).length, size, "others may know more of its log than it does");

  const heard = await back(crowd, one, others);
  const all = await publishedBy(one);
  for (const models of heard) assert.ok(models.length > 0 && models.every((model) => all.includes(model)));
  assert.ok(one.peer.status().generation > 0);
  await assertLogHolds(one);
});
