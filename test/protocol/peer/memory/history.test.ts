/** What a peer remembers of its merges, and the record of each identity that is made of it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { Store } from "../../../../protocol/base/seams.ts";
import { type RememberedMerge, rememberedMerges, rememberMerge } from "../../../../protocol/peer/memory/history.ts";
import { DECAY, tally } from "../../../../protocol/peer/memory/tally.ts";
import { encodeCanonical } from "../../../../protocol/wire/canonical.ts";
import { signFlip } from "../../../../sim/attacks/sign-flip.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { blobTask } from "../../../support/blobs.ts";
import { contentOf, createCrowd, entriesOf, identityOf, mergesOf } from "../../../support/crowd.ts";

const [anna, ben] = [identityOf(1), identityOf(2)];

/** Stores merges of these cycles; in each, anna has this influence. */
async function storeOf(cycles: readonly number[], influence: (cycle: number) => number = () => 0.25): Promise<Store> {
  const store = createMemoryStore();
  for (const cycle of cycles) {
    const parents = [
      { publicKey: anna.publicKey, status: "used", influence: influence(cycle), distance: 2 },
      { publicKey: ben.publicKey, status: "removed", influence: 0, distance: 8, removedBy: "nna" },
    ] as const;
    await store.write([rememberMerge({ cycle, tsMs: 1000.5 * cycle, rule: "nna", parents })]);
  }
  return store;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("the memory of merges", () => {
  it("gives back what was put in, oldest first", async () => {
    const merges = await rememberedMerges(await storeOf([7, 260, 9]));
    assert.deepEqual(
      merges.map(({ cycle }) => cycle),
      [7, 9, 260],
    );
    assert.deepEqual(merges[0], {
      cycle: 7,
      tsMs: 7003,
      rule: "nna",
      parents: [
        { peer: anna.peerId, status: "used", influence: 0.25, distance: 2 },
        { peer: ben.peerId, status: "removed", influence: 0, distance: 8, removedBy: "nna" },
      ],
    });
  });

  it("holds the newest merges in a bounded number of places, however long the peer lives", async () => {
    const store = await storeOf(upTo(1000));
    const merges = await rememberedMerges(store);
    assert.equal(merges.length, LIMITS.maxRememberedMerges);
    assert.deepEqual([merges[0]?.cycle, merges.at(-1)?.cycle], [1000 - LIMITS.maxRememberedMerges + 1, 1000]);
    assert.equal((await contentOf(store)).length, LIMITS.maxRememberedMerges);
  });

  it("fits with the most parents that a merge can have", async () => {
    const parent = { publicKey: anna.publicKey, status: "duplicate", influence: 1 / 3, distance: 1e9 / 7 } as const;
    const parents = new Array(LIMITS.maxParents).fill({ ...parent, removedBy: "arc-nnm-trimmed-mean+guarded-median" });
    const store = createMemoryStore();
    await store.write([rememberMerge({ cycle: 1, tsMs: 2 ** 42, rule: "x".repeat(64), parents })]);
    assert.equal((await rememberedMerges(store))[0]?.parents.length, LIMITS.maxParents);
  });

  it("takes what it cannot read for forgotten", async () => {
    const store = await storeOf([1, 2]);
    const key = anna.publicKey;
    const damaged: unknown[] = [
      [2, 3, 4, "nna", []],
      [1, -3, 4, "nna", []],
      [1, 3, 4, 5, []],
      [1, 3, 4, "nna", [[key, "praised", 0.5, 1, null]]],
      [1, 3, 4, "nna", [[key.slice(1), "used", 0.5, 1, null]]],
      [1, 3, 4, "nna", [[key, "used", "all", 1, null]]],
      {},
    ];
    await store.write(damaged.map((value, i) => ({ key: `why/${i + 10}`, value: encodeCanonical(value) })));
    await store.write([{ key: "why/20", value: Uint8Array.of(0xff) }]);
    assert.deepEqual(
      (await rememberedMerges(store)).map(({ cycle }) => cycle),
      [1, 2],
    );
  });
});

describe("the record of an identity", () => {
  it("is none without merges, and the model is the peer's own", () => {
    assert.deepEqual(tally([]), { own: 1, peers: [] });
  });

  it("weighs what is older less, and counts merges without it in the share only", async () => {
    const merge = (cycle: number, influence?: number): RememberedMerge => {
      const parents = influence === undefined ? [] : [{ peer: "p", status: "used" as const, influence, distance: 1 }];
      return { cycle, tsMs: 0, rule: "mean", parents };
    };
    const { own, peers } = tally([merge(1, 0.1), merge(2, 0.5), merge(4)]);
    const [record] = peers;
    const sum = DECAY * DECAY * 0.1 + DECAY * 0.5;
    assert.ok(Math.abs((record?.share ?? 0) - sum / (1 + DECAY + DECAY * DECAY)) < 1e-12);
    assert.ok(Math.abs((record?.influence ?? 0) - sum / (DECAY + DECAY * DECAY)) < 1e-12);
    assert.ok(Math.abs(own + (record?.share ?? 0) - 1) < 1e-12);
    assert.deepEqual([record?.merges, record?.lastCycle], [2, 2]);
  });

  it("says who was left out, by whom, and how far off it was", async () => {
    const { peers } = tally(await rememberedMerges(await storeOf(upTo(30))));
    assert.deepEqual(
      peers.map(({ peer }) => peer),
      [anna.peerId, ben.peerId],
    );
    const [, left] = peers;
    assert.ok(Math.abs((left?.statuses.removed ?? 0) - 1) < 1e-12);
    assert.equal(left?.statuses.used, 0);
    assert.equal(left?.lastRemovedBy, "nna");
    assert.ok(Math.abs((left?.distance ?? 0) - 4) < 1e-12, "four times the lower median of 2 and 8");
  });

  it("follows a change: half of it is gone after 35 merges", async () => {
    const merges = await rememberedMerges(await storeOf(upTo(235), (cycle) => (cycle <= 200 ? 0.4 : 0)));
    const share = tally(merges).peers.find(({ peer }) => peer === anna.peerId)?.share ?? 0;
    assert.ok(Math.abs(share - 0.2) < 0.01, `${share}`);
  });
});

describe("a peer that explains", () => {
  async function world(explain: boolean, rule: string) {
    const task = blobTask({ aggregation: { inboxSize: 6, rule } });
    const crowd = createCrowd({ task });
    await crowd.join(0, { wrapTrainer: signFlip, explain });
    for (let i = 1; i < 8; i++) await crowd.join(i, { explain });
    await crowd.run(20_000);
    return crowd;
  }

  for (const rule of ["guarded-median", "nna"])
    it(`remembers each merge as the log tells it, and who did not move the model: ${rule}`, async () => {
      const crowd = await world(true, rule);
      const [liar, member] = [crowd.members[0]?.peerId, crowd.members[3] ?? assert.fail()];
      const merges = await rememberedMerges(member.store);
      const logged = await mergesOf(member);
      assert.ok(merges.length > 10);
      assert.deepEqual(
        merges.map(({ parents }) => parents.map(({ peer, status }) => [peer, status])),
        logged.map(({ parents }) => parents.map(({ peer, status }) => [peer, status])),
      );
      const { own, peers } = tally(merges);
      const lie = peers.find(({ peer }) => peer === liar) ?? assert.fail();
      const honest = peers.filter(({ peer }) => peer !== liar);
      assert.equal(peers.at(-1), lie, "the liar moved the model least");
      assert.ok(
        honest.every(({ influence }) => influence > 3 * lie.influence),
        `${lie.influence}`,
      );
      assert.ok((lie.distance ?? 0) > 1.5);
      assert.ok(own > 0.02 && own < 0.6, `${own}`);
      if (rule === "nna") assert.ok(lie.statuses.removed > 0.9 && lie.lastRemovedBy === "nna");
    });

  it("does everything else as one that does not, and one that does not remembers nothing", async () => {
    const [telling, silent] = [await world(true, "guarded-median"), await world(false, "guarded-median")];
    for (const [i, member] of silent.members.entries()) {
      const other = telling.members[i] ?? assert.fail();
      assert.deepEqual(await rememberedMerges(member.store), []);
      const entries = async (one: typeof member) => (await entriesOf(one)).map(({ id }) => id);
      assert.deepEqual(await entries(member), await entries(other));
    }
  });
});
