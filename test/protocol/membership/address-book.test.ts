import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../protocol/limits.ts";
import {
  type AddressBook,
  openAddressBook,
  REDIAL_FIRST_MS,
  REDIAL_LONGEST_MS,
} from "../../../protocol/membership/address-book.ts";
import { createRng, type Rng } from "../../../protocol/rng.ts";
import type { Store } from "../../../protocol/seams.ts";
import { encodeCanonical } from "../../../protocol/wire/canonical.ts";
import { createMemoryStore } from "../../../sim/store.ts";

const SELF = "self";
const address = (n: number) => `/ip4/192.0.2.${n}/tcp/4001`;

interface World {
  readonly book: AddressBook;
  readonly store: Store;
  nowMs: number;
}

async function open(store: Store = createMemoryStore(), rng: Rng = createRng("book"), nowMs = 1000): Promise<World> {
  const world = { nowMs };
  const clock = { now: () => world.nowMs, monotonicMs: () => world.nowMs, after: () => () => {} };
  return Object.assign(world, { book: await openAddressBook({ clock, rng, store, self: SELF }), store });
}

/** A book that knows and has reached these peers. */
async function reached(...peers: string[]): Promise<World> {
  const world = await open();
  for (const [i, peer] of peers.entries()) {
    world.book.learn(peer, [address(i)]);
    world.book.reached(peer);
  }
  return world;
}

/** How long after being lost a peer is due again. */
function waitMs(world: World, peer: string): number {
  const lostMs = world.nowMs;
  while (!world.book.due().some((due) => due.peer === peer)) world.nowMs += 1;
  return world.nowMs - lostMs;
}

const duePeers = ({ book }: World) => book.due().map(({ peer }) => peer);

describe("the address book", () => {
  it("offers a new peer for dialling at once, with its addresses", async () => {
    const { book } = await open();
    assert.equal(book.learn("a", [address(1), address(2)]), true);
    assert.deepEqual(book.due(), [{ peer: "a", addresses: [address(1), address(2)] }]);
    assert.equal(book.size(), 1);
  });

  it("puts the newest addresses first, drops the oldest, and says whether anything was new", async () => {
    const { book } = await open();
    book.learn("a", [address(1)]);
    assert.equal(book.learn("a", [address(1)]), false);
    assert.equal(book.learn("a", [address(2), address(1)]), true);
    assert.deepEqual(book.addressesOf("a"), [address(2), address(1)]);
    const many = Array.from({ length: 20 }, (_, i) => address(10 + i));
    book.learn("a", many);
    assert.deepEqual(book.addressesOf("a"), many.slice(0, LIMITS.maxAddressesPerPeer));
    assert.deepEqual(book.addressesOf("nobody"), []);
  });

  it("takes neither itself, nor a peer without an address, nor an address too long to be passed on", async () => {
    const { book } = await open();
    assert.equal(book.learn(SELF, [address(1)]), false);
    assert.equal(book.learn("a", []), false);
    assert.equal(book.learn("a", [`/dns4/${"a".repeat(LIMITS.maxAddressLength)}/tcp/1`]), false);
    assert.equal(book.size(), 0);
  });

  it("waits twice as long after each failure in a row, up to a minute, and never gives up", async () => {
    const middle: Rng = { ...createRng("x"), uniform: () => 0.5 }; // factor 1
    const world = await open(createMemoryStore(), middle);
    world.book.learn("a", [address(1)]);
    const waits = Array.from({ length: 12 }, () => {
      world.book.lost("a");
      return waitMs(world, "a");
    });
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, ...new Array(5).fill(60_000)]);
    for (let i = 0; i < 2000; i++) world.book.lost("a");
    assert.equal(waitMs(world, "a"), REDIAL_LONGEST_MS, "after 2000 failures too");
  });

  it("spreads the waits evenly over [0.5, 1.5) of that, so that peers do not come back in step", async () => {
    const peers = Array.from({ length: 1000 }, (_, i) => `p${i}`);
    const world = await reached(...peers);
    for (const peer of peers) world.book.lost(peer);
    const dueAfter = (ms: number) => {
      world.nowMs = 1000 + ms;
      return duePeers(world).length;
    };
    assert.equal(dueAfter(0.5 * REDIAL_FIRST_MS - 1), 0);
    for (const share of [0.25, 0.5, 0.75]) {
      const due = dueAfter((0.5 + share) * REDIAL_FIRST_MS);
      assert.ok(Math.abs(due - 1000 * share) < 60, `${due} of 1000 after ${0.5 + share} of the wait`);
    }
    assert.equal(dueAfter(1.5 * REDIAL_FIRST_MS), 1000);
  });

  it("starts the waits anew once the peer was reached", async () => {
    const world = await reached("a");
    for (let i = 0; i < 6; i++) world.book.lost("a");
    assert.ok(waitMs(world, "a") > 8 * REDIAL_FIRST_MS);
    world.book.reached("a");
    world.book.lost("a");
    assert.ok(waitMs(world, "a") < 1.5 * REDIAL_FIRST_MS);
  });

  it("offers the peer that has been due for longest first", async () => {
    const world = await open();
    for (const peer of ["a", "b", "c"]) {
      world.book.learn(peer, [address(1)]);
      world.nowMs += 10;
    }
    assert.deepEqual(duePeers(world), ["a", "b", "c"]);
    world.book.lost("a");
    world.nowMs += 10_000;
    assert.deepEqual(duePeers(world), ["b", "c", "a"]);
  });

  it("never offers a banned peer again, nor passes it on, whatever is learned of it", async () => {
    const world = await reached("a", "b");
    world.book.ban("a");
    world.book.ban("stranger");
    for (const peer of ["a", "stranger"]) {
      world.book.learn(peer, [address(9)]);
      world.book.reached(peer);
      world.book.lost(peer);
      assert.ok(world.book.isBanned(peer));
    }
    world.nowMs += 10 * REDIAL_LONGEST_MS;
    assert.deepEqual(duePeers(world), ["b"]);
    assert.deepEqual(
      world.book.reachable(10).map(({ peer }) => peer),
      ["b"],
    );
    assert.equal(world.book.isBanned("b"), false);
  });

  it("passes on peers that were reached, as many as asked for, in another order each time", async () => {
    const { book } = await reached(...Array.from({ length: 20 }, (_, i) => `p${i}`));
    book.learn("never-reached", [address(1)]);
    const orders = Array.from({ length: 50 }, () => book.reachable(5).map(({ peer }) => peer));
    for (const order of orders) assert.equal(new Set(order).size, 5);
    assert.equal(new Set(orders.flat()).size, 20, "over time it is everybody");
    assert.equal(book.reachable(100).length, 20);
    assert.deepEqual(book.reachable(0), []);
  });

  it("survives a restart: peers that were reached are due at once, with their addresses; others are forgotten", async () => {
    const before = await reached("a", "b", "c");
    before.book.learn("never-reached", [address(8)]);
    for (let i = 0; i < 20; i++) before.book.lost("a");
    before.book.ban("c");
    await before.book.save();
    before.book.learn("b", [address(7)]);
    await before.book.save();
    const after = await open(before.store);
    assert.deepEqual(duePeers(after).sort(), ["a", "b"]);
    assert.deepEqual(after.book.addressesOf("b"), [address(7), address(1)]);
    assert.deepEqual(
      after.book
        .reachable(9)
        .map(({ peer }) => peer)
        .sort(),
      ["a", "b"],
    );
  });

  it("writes only what changed, and again where a write failed", async () => {
    const memory = createMemoryStore();
    const writes: string[][] = [];
    let failing = false;
    const store: Store = {
      ...memory,
      async write(changes) {
        if (failing) throw new Error("disk on fire");
        writes.push(changes.map(({ key }) => key));
        await memory.write(changes);
      },
    };
    const { book } = await open(store);
    book.learn("a", [address(1)]);
    await book.save();
    assert.deepEqual(writes, [], "nothing was reached yet");
    book.reached("a");
    failing = true;
    await assert.rejects(book.save(), /disk on fire/);
    failing = false;
    await book.save();
    await book.save();
    book.reached("a");
    await book.save();
    assert.deepEqual(writes, [["book/a"]]);
  });

  it("that is full gives up strangers first, then banned peers, and never one that was reached", async () => {
    const { book } = await open();
    const fill = (prefix: string, count: number, act: (peer: string) => void) => {
      for (let i = 0; i < count; i++) act(`${prefix}${i}`);
    };
    const half = LIMITS.maxKnownPeers / 2;
    fill("stranger", half, (peer) => book.learn(peer, [address(1)]));
    fill("banned", half, (peer) => book.ban(peer));
    fill("friend", LIMITS.maxKnownPeers, (peer) => {
      assert.equal(book.learn(peer, [address(1)]), true);
      book.reached(peer);
      if (peer === "friend10") assert.ok(book.isBanned("banned0"));
    });
    assert.equal(book.size(), LIMITS.maxKnownPeers);
    assert.equal(book.reachable(LIMITS.maxKnownPeers).length, LIMITS.maxKnownPeers);
    assert.equal(book.learn("late", [address(1)]), false);
    book.ban("late");
    assert.equal(book.size(), LIMITS.maxKnownPeers);
  });

  it("says ERR_STATE where a stored entry is damaged", async () => {
    for (const value of [Uint8Array.of(0xff), encodeCanonical(5), encodeCanonical([5]), new Uint8Array(20_000)]) {
      const store = createMemoryStore();
      await store.write([{ key: "book/a", value }]);
      await assert.rejects(open(store), { code: "ERR_STATE" });
    }
  });
});
