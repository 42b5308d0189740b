import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { storedEntries } from "../../../protocol/log/stored/reading.ts";
import { verifyLog } from "../../../protocol/log/verify/verify.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { signFlip } from "../../../sim/attacks/sign-flip.ts";
import { blobTask } from "../../support/blobs.ts";
import { type Crowd, contentOf, createCrowd, entriesOf } from "../../support/crowd.ts";

/** Few pulls a cycle, so that the seed decides who is read; different speeds, a liar and a hostile peer. */
async function world(seed: number): Promise<Crowd> {
  const task = blobTask({ aggregation: { inboxSize: 3, quorum: 2, memory: 4, rule: "median" } });
  const crowd = createCrowd({ task, seed, minCycleMs: 150 });
  for (let i = 0; i < 7; i++) {
    const wrap = i === 0 ? { wrapTrainer: signFlip } : {};
    await crowd.join(i, { trainMs: 90 + 17 * i, ...wrap });
  }
  const hostile = crowd.joinHostile(100);
  for (let i = 0; i < 5; i++) {
    await crowd.run(500);
    await hostile.offer();
  }
  return crowd;
}

/** Everything that every peer has stored: log, parameters, counts. */
async function everything(crowd: Crowd): Promise<string[]> {
  const lines: string[] = [];
  for (const { store, peerId, peer } of crowd.members) {
    for (const [key, value] of await contentOf(store)) lines.push(`${peerId} ${key} ${toHex(value)}`);
    lines.push(`${peerId} ${JSON.stringify(peer.status())}`);
  }
  return lines;
}

test("the same seed gives the same logs, models and figures, byte for byte; another seed gives others", async () => {
  const [one, again, other] = [await world(1), await world(1), await world(2)];
  const lines = await everything(one);
  assert.ok(lines.length > 300);
  assert.ok(lines.join("\n") === (await everything(again)).join("\n"), "the second run differs from the first");
  assert.ok(lines.join("\n") !== (await everything(other)).join("\n"), "the seed changes nothing");
});

test("every simulated peer keeps a log that verifies", async () => {
  const crowd = await world(3);
  const task = nodeCrypto.sha256(encodeTask(crowd.task));
  for (const { store, peerId, peer } of crowd.members) {
    const verification = await verifyLog(storedEntries(store), { crypto: nodeCrypto, peer: peerId, task });
    assert.ok(verification.ok, verification.firstBad?.message);
    assert.equal(verification.entries, peer.status().logSize);
    assert.ok(verification.entries > 10);
  }
});

test("training takes its virtual time, and the clock's time is the log's", async () => {
  const crowd = createCrowd({ minCycleMs: 0 });
  const lone = await crowd.join(1, { trainMs: 700 });
  await crowd.run(126_000);
  assert.equal(lone.peer.status().cycle, 180);
  const last = (await entriesOf(lone)).at(-1);
  assert.equal(last?.tsMs, 120_000, "in whole minutes");
});

test("a peer that comes back under its name is connected to the others and not to itself", async () => {
  const crowd = createCrowd();
  const first = await crowd.join(1);
  await crowd.join(2);
  await crowd.run(1_500);
  first.peer.stop();
  await crowd.run(1_500);
  const again = await crowd.join(1, { store: first.store });
  await crowd.run(1_500);
  assert.equal(again.peer.status().neighbours, 1);
  assert.equal(crowd.members[1]?.peer.status().neighbours, 1);
});
