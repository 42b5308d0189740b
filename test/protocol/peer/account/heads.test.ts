import assert from "node:assert/strict";
import { it } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { openHeadMemory } from "../../../../protocol/peer/account/heads.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { identityOf } from "../../../support/crowd.ts";

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
