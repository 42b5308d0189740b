import assert from "node:assert/strict";
import { it } from "node:test";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { openHeadMemory, storedHead } from "../../../../protocol/peer/account/heads.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import type { Head } from "../../../../protocol/peer/memory/record.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { contentOf, identityOf } from "../../../support/crowd.ts";

const DAY_MS = 86_400_000;

function announced(generation: number) {
  const bytes = new Uint8Array(32);
  const draft = { task: bytes, generation, seq: 1, entry: bytes, root: bytes, note: new Uint8Array(64), model: bytes };
  return decodeAnnouncement(encodeAnnouncement({ ...draft, bytes: 1, age: 0, tsMs: 0 }, identityOf(0)));
}

it("a key may begin few new logs in a day, and as many on the next, also where the clock was years ahead for a while", async () => {
  const clock = { nowMs: 4e12, now: () => clock.nowMs, monotonicMs: () => 0, after: () => () => {} };
  const heads = await openHeadMemory({ store: createMemoryStore(), clock, identities: createIdentities() });
  const begin = () => {
    let generation = (heads.get(identityOf(0).peerId)?.generation ?? -1) + 1;
    let begun = 0;
    for (; heads.mayBegin(announced(generation)) && begun < 20; begun++) heads.remember(announced(generation++));
    return begun;
  };
  assert.equal(begin(), LIMITS.maxGenerationsPerDay + 1, "the first is none of them");
  assert.equal(begin(), 0);
  clock.nowMs += DAY_MS;
  assert.equal(begin(), LIMITS.maxGenerationsPerDay);
  clock.nowMs = 1.8e12;
  assert.equal(begin(), LIMITS.maxGenerationsPerDay);
  assert.equal(begin(), 0);
});

it("what was proved is on disk once it is saved, makes its author known at the next start, and is written once", async () => {
  const [store, clock] = [createMemoryStore(), { now: () => 4e12, monotonicMs: () => 0 }];
  const heads = await openHeadMemory({ store, clock, identities: createIdentities() });
  heads.remember(announced(3));
  await heads.save();
  assert.deepEqual(heads.takeChanges(), []);
  const identities = createIdentities();
  const again = await openHeadMemory({ store, clock, identities });
  const { peerId } = identityOf(0);
  assert.deepEqual(again.get(peerId)?.sealed, announced(3).sealed);
  assert.deepEqual((await storedHead(store, peerId))?.sealed, announced(3).sealed);
  assert.ok(identities.isKnown(peerId) && identities.isTrusted(peerId));
  assert.deepEqual(again.takeChanges(), []);
});

it("a head goes from the disk with the record of its author", async () => {
  const [store, identities] = [createMemoryStore(), createIdentities()];
  const heads = await openHeadMemory({ store, clock: { now: () => 4e12, monotonicMs: () => 0 }, identities });
  heads.remember(announced(0));
  await heads.save();
  for (let n = 0; n < LIMITS.maxIdentities.proved; n++) identities.change(`${n}`, { head: {} as Head });
  assert.equal(heads.get(identityOf(0).peerId), undefined);
  await heads.save();
  assert.deepEqual(await contentOf(store), []);
});

it("a record that is damaged is an error: what was told to this peer may not be taken back", async () => {
  for (const value of [new Uint8Array(0), Uint8Array.of(1), new Uint8Array(4096)]) {
    const store = createMemoryStore();
    await store.write([{ key: `witness/${identityOf(0).peerId}`, value }]);
    const opening = openHeadMemory({
      store,
      clock: { now: () => 0, monotonicMs: () => 0 },
      identities: createIdentities(),
    });
    await assert.rejects(opening, (error) => isHearsayError(error, "ERR_STATE"));
  }
});
