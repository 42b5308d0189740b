/** What models of others were worth, over a restart. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { Store } from "../../../../protocol/base/seams.ts";
import { RECORDS } from "../../../../protocol/base/store-layout.ts";
import { createIdentities, type Identities } from "../../../../protocol/peer/memory/identities.ts";
import { openReputations } from "../../../../protocol/peer/memory/reputations.ts";
import { OFF_HALF_LIFE_MS, worthOf } from "../../../../protocol/select/reputation.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { contentOf, identityOf } from "../../../support/crowd.ts";

const AT_MS = 1.8e12;
const NAME = identityOf(0).peerId;

interface Start {
  readonly policy?: string;
  readonly nowMs?: number;
  readonly identities?: Identities;
}

/** A start of a peer on this store. */
async function start(
  store: Store,
  { policy = "usefulness", nowMs = AT_MS, identities = createIdentities() }: Start = {},
) {
  const reputations = await openReputations({ store, clock: { now: () => nowMs }, identities }, policy);
  return {
    ...reputations,
    save: () => store.write(reputations.takeChanges()),
    worth: (cycle: number) => worthOf(identities.get(NAME)?.reputation, cycle),
  };
}

/** A store in which a peer has learned that somebody's models were the best of three merges. */
async function learnedStore(): Promise<Store> {
  const store = createMemoryStore();
  const first = await start(store);
  for (const cycle of [5, 6, 7]) first.learn(NAME, 1, cycle);
  await first.save();
  return store;
}

describe("a reputation on disk", () => {
  it("is the same after a restart, is written once, and forgets by cycles as before", async () => {
    const store = await learnedStore();
    const again = await start(store);
    assert.ok(again.worth(7) > 0.86, `${again.worth(7)}`);
    assert.deepEqual(again.takeChanges(), []);
    again.learn(NAME, 0, 8);
    assert.ok(again.worth(8) < 0.72);
    assert.ok((await start(store)).worth(7 + 200) < 0.51);
  });

  it("counts half after a day off, and is gone from the disk after a month", async () => {
    const store = await learnedStore();
    const fresh = (await start(store)).worth(7);
    const dayLater = (await start(store, { nowMs: AT_MS + OFF_HALF_LIFE_MS })).worth(7);
    assert.ok(dayLater > 0.7 && dayLater < fresh - 0.05, `${dayLater}`);
    assert.equal(
      (await start(store, { nowMs: AT_MS - OFF_HALF_LIFE_MS })).worth(7),
      fresh,
      "of a clock that went back",
    );
    const late = await start(store, { nowMs: AT_MS + 30 * OFF_HALF_LIFE_MS });
    assert.equal(late.worth(7), 0.5);
    await late.save();
    assert.deepEqual(await contentOf(store), []);
  });

  it("says nothing to another policy, and nothing where it is damaged or of another version", async () => {
    const store = await learnedStore();
    assert.equal((await start(store, { policy: "affinity" })).worth(7), 0.5);
    for (const value of [new Uint8Array(0), Uint8Array.of(0x86, 2), new Uint8Array(4096)]) {
      await store.write([{ key: `reputation/${NAME}`, value }]);
      const again = await start(store);
      assert.equal(again.worth(7), 0.5);
      await again.save();
      assert.deepEqual(await contentOf(store), []);
    }
  });

  it("goes with the record of its author, so that what is on disk is bounded, in number and in bytes", async () => {
    const store = createMemoryStore();
    const first = await start(store);
    const many = LIMITS.maxIdentities.far + 50;
    for (let n = 0; n < many; n++) first.learn(`${NAME}${n}`, 1, 5);
    await first.save();
    const content = await contentOf(store);
    assert.equal(content.length, LIMITS.maxIdentities.far);
    for await (const [, value] of store.range("reputation/"))
      assert.ok(value.length <= RECORDS["reputation/"].maxBytes);
  });
});
