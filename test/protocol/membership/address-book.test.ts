import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createRng, type Rng } from "../../../protocol/base/rng.ts";
import type { Store } from "../../../protocol/base/seams.ts";
import { type AddressBook, openAddressBook } from "../../../protocol/membership/address-book.ts";
import { REDIAL_FIRST_MS, REDIAL_LONGEST_MS, REDIAL_SOON_MS } from "../../../protocol/membership/card.ts";
import { encodeCanonical } from "../../../protocol/wire/canonical.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";

const SELF = "self";
const DAY_MS = 86_400_000;
const FRIEND = { name: "somebody" };
const address = (n: number) => `/ip4/8.8.${n >> 8}.${n & 255}/tcp/4001`;
/** In this test, `/ip4/a.b.c.d/tcp/p` lies in a.b.c. */
const placeOf = (text: string) => {
  const host = text.split("/")[2] ?? "";
  return { host, prefix: host.split(".").slice(0, 3).join("."), isLocal: host.startsWith("127.") };
};

interface World {
  readonly book: AddressBook;
  readonly store: Store;
  /** Peers that delivered a model. */
  readonly known: Set<string>;
  nowMs: number;
}

async function open(store: Store = createMemoryStore(), rng: Rng = createRng("book"), nowMs = 1000): Promise<World> {
  const world = { nowMs, known: new Set<string>() };
  const clock = { now: () => 0, monotonicMs: () => world.nowMs, after: () => () => {} };
  const isKnown = (peer: string) => world.known.has(peer);
  const book = await openAddressBook({ clock, rng, store, self: SELF, placeOf, isKnown });
  return Object.assign(world, { book, store });
}

function reach(book: AddressBook, peer: string, where: string): void {
  book.learn(peer, [where], FRIEND);
  book.reached(peer, where);
}

/** A book that knows and has reached these peers, each in a prefix of its own. */
async function reached(...peers: string[]): Promise<World> {
  const world = await open();
  for (const [i, peer] of peers.entries()) reach(world.book, peer, address(256 * i));
  return world;
}

/** It is connected for a while, and lost. */
function comeAndGo(world: World, ...peers: string[]): void {
  for (const peer of peers) world.book.connected(peer);
  world.nowMs += 60_000;
  for (const peer of peers) world.book.lost(peer);
}

const duePeers = ({ book }: World) => book.due().map(({ peer }) => peer);

/** How long until a peer is due again. */
function waitMs(world: World, peer: string, stepMs = 1): number {
  const fromMs = world.nowMs;
  while (!duePeers(world).includes(peer)) world.nowMs += stepMs;
  return world.nowMs - fromMs;
}

/** Dials fail for so long; which, by address. */
function failAll(world: World, forMs: number, stepMs = 1000): Map<string, number> {
  const attempts = new Map<string, number>();
  for (const endMs = world.nowMs + forMs; world.nowMs < endMs; world.nowMs += stepMs) {
    for (const dial of world.book.due()) {
      attempts.set(dial.address, (attempts.get(dial.address) ?? 0) + 1);
      world.book.failed(dial.peer, dial.address);
    }
  }
  return attempts;
}

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

describe("the address book", () => {
  it("offers a new peer for dialling at once, one address after the other", async () => {
    const { book } = await open();
    assert.equal(book.learn("a", [address(1), address(2)], FRIEND), true);
    const [first] = book.due();
    assert.deepEqual(first, { peer: "a", address: address(1), trusted: false, configured: false, probe: false });
    book.failed("a", address(1));
    assert.deepEqual(book.due()[0]?.address, address(2));
    assert.equal(book.size(), 1);
  });

  it("puts the newest addresses first, drops the oldest, and says whether anything was new", async () => {
    const { book } = await open();
    book.learn("a", [address(1)], FRIEND);
    assert.equal(book.learn("a", [address(1)], FRIEND), false);
    assert.equal(book.learn("a", [address(2), address(1)], FRIEND), true);
    assert.deepEqual(book.addressesOf("a"), [address(2), address(1)]);
    const many = Array.from({ length: 20 }, (_, i) => address(10 + i));
    book.learn("a", many, FRIEND);
    assert.deepEqual(book.addressesOf("a"), many.slice(0, LIMITS.maxAddressesPerPeer));
    assert.deepEqual(book.addressesOf("nobody"), []);
  });

  it("takes neither itself, nor a peer without an address, nor an address too long to be passed on", async () => {
    const { book } = await open();
    assert.equal(book.learn(SELF, [address(1)], FRIEND), false);
    assert.equal(book.learn("a", [], FRIEND), false);
    assert.equal(book.learn("a", [`/dns4/${"a".repeat(LIMITS.maxAddressLength)}/tcp/1`], FRIEND), false);
    assert.equal(book.size(), 0);
  });

  it("keeps what was reached, whatever others tell of the same peer", async () => {
    const { book } = await reached("a");
    for (let i = 0; i < 100; i++) book.learn("a", [address(1000 + i)], { name: `liar ${i}` });
    assert.equal(book.addressesOf("a")[0], address(0));
    assert.ok(book.addressesOf("a").length <= LIMITS.maxAddressesPerPeer);
    book.lost("a");
    assert.deepEqual(book.due()[0]?.address, address(0), "which is dialled first");
  });

  it("believes a peer about itself before others", async () => {
    const { book } = await open();
    book.learn("a", [address(1)], { name: "itself", ownHost: "8.8.0.1" });
    for (let i = 10; i < 30; i++) book.learn("a", [address(i)], FRIEND);
    assert.equal(book.addressesOf("a")[0], address(1));
  });
});

describe("a lost peer that was reached before", () => {
  const middle: Rng = Object.assign(createRng("x"), { uniform: () => 0.5 }); // factor 1

  it("is redialled after 0.5 s, 1 s, 2 s, 4 s, then every 5 s for minutes", async () => {
    const world = await open(createMemoryStore(), middle);
    reach(world.book, "a", address(1));
    comeAndGo(world, "a");
    const waits = Array.from({ length: 8 }, () => {
      const waited = waitMs(world, "a");
      world.book.failed("a", address(1));
      return waited;
    });
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 5000, 5000, 5000, 5000]);
  });

  it("waits twice as long after each connection that ended at once, up to a minute, until one lasts or the network has changed", async () => {
    const world = await open(createMemoryStore(), middle);
    reach(world.book, "a", address(1));
    world.known.add("a");
    const lastsFor = (ms: number, greets = false) => {
      world.book.reached("a", address(1));
      world.book.connected("a");
      if (greets) world.book.greeted("a");
      world.nowMs += ms;
      world.book.lost("a");
      return waitMs(world, "a");
    };
    const refusals = Array.from({ length: 9 }, () => lastsFor(10));
    assert.deepEqual(refusals, [500, 5_000, 10_000, 20_000, 40_000, ...Array(4).fill(REDIAL_LONGEST_MS)]);
    assert.equal(lastsFor(10_000), REDIAL_FIRST_MS);
    for (let i = 0; i < 5; i++) lastsFor(10);
    world.book.hurry();
    assert.equal(waitMs(world, "a"), 0);
    assert.equal(lastsFor(10), REDIAL_FIRST_MS);
    for (let i = 0; i < 5; i++) lastsFor(10);
    world.book.failed("a", address(1));
    assert.ok(waitMs(world, "a") <= REDIAL_SOON_MS, "it has gone: it is looked for like any other that was lost");
    world.book.hurry();
    const meetings = Array.from({ length: 6 }, () => lastsFor(2000, true));
    assert.deepEqual(
      meetings,
      [500, 1000, 2000, 4000, 5000, 5000],
      "who has greeted wanted the connection, however brief",
    );
    lastsFor(10_000);
    assert.deepEqual([lastsFor(10), lastsFor(10), lastsFor(2000, true), lastsFor(10)], [500, 5_000, 2000, 4000]);
  });

  it("is redialled at most a minute later if it is trusted, for ever; else for a day", async () => {
    const world = await open(createMemoryStore(), middle);
    for (const [i, peer] of ["other", "delivered", "named"].entries()) {
      reach(world.book, peer, address(256 * i));
      comeAndGo(world, peer);
    }
    world.known.add("delivered");
    world.book.configure("named", address(512));
    failAll(world, 4 * 3_600_000, 10_000);
    for (const peer of ["delivered", "named"]) assert.ok(waitMs(world, peer, 100) <= REDIAL_LONGEST_MS);
    failAll(world, 2 * DAY_MS, 60_000);
    assert.deepEqual(duePeers({ ...world, nowMs: 0 }).length <= 2, true);
    assert.deepEqual(world.book.addressesOf("other"), []);
    world.nowMs += REDIAL_LONGEST_MS;
    assert.deepEqual(duePeers(world).sort(), ["delivered", "named"]);
  });

  it("is looked for every 5 s for as long as it was there, up to an hour", async () => {
    const world = await open(createMemoryStore(), middle);
    reach(world.book, "a", address(1));
    world.book.connected("a");
    world.nowMs += 10 * 3_600_000;
    world.book.lost("a");
    failAll(world, 50 * 60_000, 100);
    assert.ok(waitMs(world, "a", 10) <= REDIAL_SOON_MS);
  });

  it("is due at once when the network has changed", async () => {
    const world = await reached("a", "b");
    comeAndGo(world, "a", "b");
    failAll(world, 3_600_000, 1000);
    for (const peer of ["a", "b"]) world.book.failed(peer, peer === "a" ? address(0) : address(256));
    assert.deepEqual(duePeers(world), []);
    world.book.hurry();
    assert.deepEqual(duePeers(world).sort(), ["a", "b"]);
  });

  it("is redialled at times spread evenly over [0.5, 1.5) of the wait, so that peers do not come back in step", async () => {
    const peers = Array.from({ length: 1000 }, (_, i) => `p${i}`);
    const world = await reached(...peers);
    comeAndGo(world, ...peers);
    const lostMs = world.nowMs;
    const dueAfter = (ms: number) => {
      world.nowMs = lostMs + ms;
      return duePeers(world).length;
    };
    assert.equal(dueAfter(0.5 * REDIAL_FIRST_MS - 1), 0);
    for (const share of [0.25, 0.5, 0.75]) {
      const due = dueAfter((0.5 + share) * REDIAL_FIRST_MS);
      assert.ok(Math.abs(due - 1000 * share) < 60, `${due} of 1000 after ${0.5 + share} of the wait`);
    }
    assert.equal(dueAfter(1.5 * REDIAL_FIRST_MS), 1000);
  });

  it("is dialled where it was reached last first", async () => {
    const { book } = await reached("a");
    book.learn("a", [address(7)], FRIEND);
    book.reached("a", address(7));
    assert.deepEqual(book.due()[0]?.address, address(7));
  });
});

describe("strangers that others invent", () => {
  it("evict neither configured peers, nor trusted ones, nor any that were reached: 10,000 names of one source", async () => {
    const world = await reached("a", "b");
    world.book.configure("boot", address(999));
    world.known.add("b");
    for (let i = 0; i < 10_000; i++) world.book.learn(`invented ${i}`, [address(i)], { name: "liar" });
    for (const peer of ["a", "b", "boot"]) assert.equal(world.book.addressesOf(peer).length, 1, peer);
    assert.ok(world.book.size() <= LIMITS.maxStrangersOfSource + 3, `${world.book.size()} cards`);
    assert.deepEqual(duePeers(world).slice(0, 3).sort(), ["a", "b", "boot"], "and these are dialled first");
  });

  it("of 10,000 sources do not, either, and the book stays bounded", async () => {
    const world = await reached("a");
    world.book.configure("boot", address(999));
    for (let i = 0; i < 10_000; i++) world.book.learn(`invented ${i}`, [address(i)], { name: `liar ${i}` });
    for (const peer of ["a", "boot"]) assert.equal(world.book.addressesOf(peer).length, 1, peer);
    assert.ok(world.book.size() <= LIMITS.maxStrangers + 2, `${world.book.size()} cards`);
  });

  it("keep out no honest newcomer: 10,000 names that connected, of its very address prefix or of others", async () => {
    for (const source of ["crowd", "elsewhere"]) {
      const { book } = await open();
      for (let i = 0; i < 10_000; i++) {
        book.learn(`invented ${i}`, [address(i)], { name: "crowd" });
        book.connected(`invented ${i}`);
        book.lost(`invented ${i}`);
      }
      assert.equal(book.learn("honest", [address(77)], { name: source }), true);
      book.connected("honest");
      for (let i = 0; i < 10_000; i++) book.learn(`more ${i}`, [address(i)], { name: "crowd" });
      assert.deepEqual(book.addressesOf("honest"), [address(77)], "it is connected, and stays");
    }
  });

  it("are never passed on, nor saved", async () => {
    const { book, store } = await reached("a");
    for (let i = 0; i < 24_000; i++) {
      book.learn(`invented ${i}`, [address(i % 5000)], { name: `liar ${i % 400}` });
      if (i % 3 === 0) book.connected(`invented ${i}`);
    }
    assert.deepEqual(
      book.reachable(32).map(({ peer }) => peer),
      ["a"],
    );
    await book.save();
    const keys: string[] = [];
    for await (const [key] of store.range("")) keys.push(key);
    assert.deepEqual(keys, ["book/a"]);
  });

  it("are dialled in turns of their sources: one that tells of many keeps nobody waiting", async () => {
    const world = await open();
    for (let i = 0; i < 100; i++) world.book.learn(`invented ${i}`, [address(i)], { name: "liar" });
    world.book.learn("honest", [address(5000)], { name: "friend" });
    assert.ok(duePeers(world).indexOf("honest") < 2);
  });
});

describe("an address that nobody has reached", () => {
  it("is dialled three times, whatever the peers are called that are said to be there, then given up", async () => {
    const world = await open();
    const victim = "/ip4/9.9.9.9/tcp/80";
    let attempts = 0;
    for (let second = 0; second < 590; second++, world.nowMs += 1000) {
      world.book.learn(`invented ${second}`, [victim], { name: `liar ${second % 50}` });
      for (const dial of world.book.due()) {
        attempts++;
        world.book.failed(dial.peer, dial.address);
      }
    }
    assert.equal(attempts, LIMITS.maxDialTries);
  });

  it("is never due twice at once", async () => {
    const { book } = await open();
    for (let i = 0; i < 20; i++) book.learn(`invented ${i}`, [address(1)], { name: `liar ${i}` });
    assert.equal(book.due().length, 1);
  });

  it("shares few attempts with its host and prefix: a service is hardly knocked at, for all the names in the world", async () => {
    const world = await open();
    const byHost = new Map<string, number>();
    for (let minute = 0; minute < 60; minute++) {
      for (let i = 0; i < 60; i++) {
        const port = 1 + minute * 60 + i;
        world.book.learn(`a ${port}`, [`/ip4/9.9.9.9/tcp/${port}`], { name: `liar ${i}` });
        world.book.learn(`b ${port}`, [`/ip4/9.9.9.${i}/tcp/${port}`], { name: `other liar ${i}` });
      }
      for (const [where, count] of failAll(world, 60_000, 5_000)) {
        const { host } = placeOf(where);
        byHost.set(host, (byHost.get(host) ?? 0) + count);
      }
    }
    const host = byHost.get("9.9.9.9") ?? 0;
    const prefix = sum(byHost.values());
    assert.ok(host >= 4 && host <= 4 + 6 + 4, `${host} attempts at one host in an hour`);
    assert.ok(prefix <= 16 + 62 + 16, `${prefix} attempts in one /24 in an hour`);
  });

  it("is tried at the word of the peer that is there, though others have used up the attempts of its host", async () => {
    const world = await open();
    for (let i = 0; i < 50; i++) world.book.learn(`invented ${i}`, [address(1)], { name: `liar ${i}` });
    failAll(world, 120_000);
    world.book.learn("honest", [address(1)], { name: "8.8.0", ownHost: "8.8.0.1" });
    assert.deepEqual(duePeers(world), ["honest"]);
  });

  it("of a peer that is connected is only probed", async () => {
    const { book } = await open();
    book.learn("a", [address(1)], { name: "itself", ownHost: "8.8.0.1" });
    book.connected("a");
    assert.deepEqual(
      book.due().map(({ peer, probe }) => [peer, probe]),
      [["a", true]],
    );
    book.reached("a", address(1));
    assert.deepEqual(book.due(), []);
    assert.deepEqual(book.reachable(5), [{ peer: "a", addresses: [address(1)] }]);
  });

  it("is taken from others once another peer was found there", async () => {
    const { book } = await open();
    book.learn("liar", [address(1)], FRIEND);
    reach(book, "honest", address(1));
    assert.deepEqual(book.addressesOf("liar"), []);
  });
});

describe("peers that are passed on", () => {
  it("are those that a dial reached, as many as asked for, in another order each time", async () => {
    const { book } = await reached(...Array.from({ length: 20 }, (_, i) => `p${i}`));
    book.learn("never-reached", [address(1)], FRIEND);
    const orders = Array.from({ length: 50 }, () => book.reachable(5).map(({ peer }) => peer));
    for (const order of orders) assert.equal(new Set(order).size, 5);
    assert.equal(new Set(orders.flat()).size, 20, "over time it is everybody");
    assert.equal(book.reachable(100).length, 20);
    assert.deepEqual(book.reachable(0), []);
  });

  it("come first where they are here or were a moment ago", async () => {
    const world = await reached(...Array.from({ length: 50 }, (_, i) => `gone${i}`));
    world.nowMs += 3_600_000;
    reach(world.book, "alive", address(20_000));
    assert.equal(world.book.reachable(1)[0]?.peer, "alive");
    assert.equal(world.book.reachable(100).length, 51);
  });

  it("each come with an address once, which no other has", async () => {
    const { book } = await reached("a", "b");
    reach(book, "c", address(256));
    book.learn("a", [address(0)], FRIEND);
    const all = book.reachable(9).flatMap(({ addresses }) => addresses);
    assert.equal(new Set(all).size, all.length);
    assert.deepEqual(book.addressesOf("b"), [], "another key was found there");
  });
});

describe("places of peers that were reached", () => {
  it("are few for one address prefix: who was lost for the longest goes, nobody trusted, nobody elsewhere", async () => {
    const world = await reached("elsewhere", "trusted");
    world.known.add("trusted");
    const most = LIMITS.maxReachedOfPrefix;
    for (let i = 0; i < 3 * most; i++) reach(world.book, `sybil ${i}`, `/ip4/8.8.1.1/tcp/${1 + i}`);
    assert.ok(world.book.size() <= most + 2, `${world.book.size()} cards`);
    for (const peer of ["elsewhere", "trusted"]) assert.equal(world.book.addressesOf(peer).length, 1, peer);
  });
});

describe("a peer that is left", () => {
  it("for good is never offered again, nor passed on, whatever is learned of it; nor do many of these evict anybody", async () => {
    const world = await reached("a", "b");
    world.book.ban("a");
    for (let i = 0; i < 10_000; i++) world.book.ban(`banned ${i}`);
    world.book.ban("stranger");
    for (const peer of ["stranger"]) {
      assert.equal(world.book.learn(peer, [address(9)], FRIEND), false);
      assert.ok(world.book.isBanned(peer));
    }
    world.nowMs += 10 * REDIAL_LONGEST_MS;
    assert.deepEqual(duePeers(world), ["b"]);
    assert.equal(world.book.isBanned("b"), false);
  });

  it("because of its task is forgotten for ten minutes, then learned again", async () => {
    const world = await reached("a");
    world.book.shun("a");
    assert.equal(world.book.learn("a", [address(1)], FRIEND), false);
    assert.deepEqual(world.book.reachable(5), []);
    world.nowMs += LIMITS.shunMs;
    assert.equal(world.book.learn("a", [address(1)], FRIEND), true);
  });

  it("because of its task, with 100,000 others, frees nobody that is banned", async () => {
    const { book } = await open();
    book.ban("liar");
    for (let i = 0; i < 100_000; i++) book.shun(`other task ${i}`);
    assert.ok(book.isBanned("liar"));
  });
});

describe("an address book on disk", () => {
  it("survives a restart: peers that were reached are due at once, and not passed on before they were reached again", async () => {
    const before = await reached("a", "b", "c");
    before.book.learn("never-reached", [address(8)], FRIEND);
    before.book.ban("c");
    await before.book.save();
    before.book.learn("b", [address(700)], FRIEND);
    before.book.reached("b", address(700));
    await before.book.save();
    const after = await open(before.store);
    assert.deepEqual(duePeers(after).sort(), ["a", "b"]);
    assert.deepEqual(after.book.addressesOf("b"), [address(700), address(256)]);
    assert.deepEqual(after.book.reachable(9), []);
    after.book.reached("b", address(256));
    assert.deepEqual(
      after.book.reachable(9).map(({ peer }) => peer),
      ["b"],
    );
  });

  it("is written only where it changed, and again where a write failed", async () => {
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
    book.learn("a", [address(1)], FRIEND);
    await book.save();
    assert.deepEqual(writes, [], "nothing was reached yet");
    book.reached("a", address(1));
    failing = true;
    await assert.rejects(book.save(), /disk on fire/);
    failing = false;
    await book.save();
    await book.save();
    book.reached("a", address(1));
    await book.save();
    assert.deepEqual(writes, [["book/a"]]);
  });

  it("says ERR_STATE where a stored entry is damaged", async () => {
    for (const value of [Uint8Array.of(0xff), encodeCanonical(5), encodeCanonical([5]), new Uint8Array(20_000)]) {
      const store = createMemoryStore();
      await store.write([{ key: "book/a", value }]);
      await assert.rejects(open(store), { code: "ERR_STATE" });
    }
  });
});
