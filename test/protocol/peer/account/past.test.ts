/** Peers that come back to an old log: which way they go on, and that none of it bans an honest key. Real signatures, virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { Store, Transport } from "../../../../protocol/base/seams.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { decodeHelloAnswer, encodeHelloAnswer, HELLO_PROTOCOL } from "../../../../protocol/wire/messages.ts";
import type { NewPeer } from "../../../../sim/run/world.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { blobTask } from "../../../support/blobs.ts";
import {
  type Crowd,
  contentOf,
  createCrowd,
  entriesIn,
  entriesOf,
  identityOf,
  type Member,
} from "../../../support/crowd.ts";
import { runSchedule, runSchedules } from "../../../support/schedules.ts";

const task = blobTask({ training: { steps: 5, batch: 16 }, aggregation: { rule: "median" } });
const taskId = nodeCrypto.sha256(encodeTask(task));
/** More in `npm run bench:hostile`. */
const SCHEDULES = 40;

async function copyOf(store: Store): Promise<Store> {
  const copy = createMemoryStore();
  await copy.write((await contentOf(store)).map(([key, value]) => ({ key, value })));
  return copy;
}

interface Scene {
  readonly crowd: Crowd;
  /** Of peer 0, from its sixth second. */
  readonly backup: Store;
  /** Of peer 0, as it was when it was killed. */
  readonly store: Store;
  readonly others: readonly Member[];
  /** Starts peer 0 again; connected to everybody, or to nobody. */
  again(store: Store, changes: Partial<NewPeer>, connected?: boolean): Promise<Member>;
  connect(): void;
  isBanned(): Promise<boolean>;
}

/** Five peers; the first is killed after ten seconds. */
async function scene(): Promise<Scene> {
  const crowd = createCrowd({ task });
  for (let i = 0; i < 5; i++) await crowd.join(i);
  await crowd.run(6_100);
  const [first, ...others] = crowd.members as [Member, ...Member[]];
  const backup = await copyOf(first.store);
  await crowd.run(4_000);
  first.kill();
  const { network } = crowd.world;
  network.leave(first.peerId);
  await crowd.run(500);
  return {
    crowd,
    backup,
    store: await copyOf(first.store),
    others,
    async again(store, changes, connected = true) {
      const member = await crowd.join(0, { store, ...changes });
      if (!connected) for (const { peerId } of others) network.disconnect(first.peerId, peerId);
      return member;
    },
    connect() {
      for (const { peerId } of others) network.connect(first.peerId, peerId);
    },
    async isBanned() {
      const held = await Promise.all(others.map(({ store }) => store.get(`evidence/${first.peerId}`)));
      return held.some((evidence) => evidence !== undefined);
    },
  };
}

const AT_HOME = { place: { moved: false, changes: [] } };
const MOVED = { place: { moved: true, changes: [{ key: "node/place", value: new Uint8Array(1) }] } };

describe("a peer that meets nobody when it comes back", () => {
  for (const [what, changes] of [
    ["from a backup, and nothing says so", {}],
    ["from a machine that was set back", AT_HOME],
    ["from a copied directory", MOVED],
  ] satisfies [string, Partial<NewPeer>][]) {
    for (const absentMs of [1_000, 7_000, 32_000]) {
      it(`${what}, for ${absentMs / 1000} s, goes on with a new log and is not banned`, async () => {
        const { crowd, backup, again, connect, isBanned } = await scene();
        const member = await again(backup, changes, false);
        await crowd.run(absentMs);
        if (changes !== MOVED) assert.equal(member.peer.status().counters.published, 0, "nothing is logged or shown");
        if (absentMs > 6_000) assert.ok(member.peer.status().cycle > 6, "it trains on all the while");
        connect();
        await crowd.run(8_000);
        assert.ok(member.peer.status().generation > 0);
        assert.ok(member.peer.status().counters.merges >= 2);
        assert.equal(await isBanned(), false);
      });
    }
  }

  it("goes on with the same log where it is at home, once a known peer has answered", async () => {
    const { crowd, store, again, connect, isBanned } = await scene();
    const member = await again(store, AT_HOME, false);
    const { size } = member.peer.log.head();
    await crowd.run(40_000);
    assert.equal(member.peer.log.head().size, size);
    assert.ok(member.events.some(({ kind }) => kind === "waiting"));
    connect();
    await crowd.run(4_000);
    assert.equal(member.peer.status().generation, 0);
    assert.ok(member.peer.status().counters.published >= 2);
    assert.equal((await entriesOf(member))[size]?.type, "resume");
    assert.equal(await isBanned(), false);
  });
});

describe("answers to a peer that comes back", () => {
  it("of one that knows it are waited for to the end, in which nothing is said of waiting and no training is lost", async () => {
    const { crowd, store, others, again } = await scene();
    const member = await again(store, AT_HOME, false);
    crowd.world.network.connect(member.peerId, others[0]?.peerId ?? "");
    await crowd.run(2_500);
    assert.equal(member.peer.status().generation, 0);
    const kinds = member.events.map(({ kind }) => kind);
    assert.equal(
      kinds.find((kind) => kind === "waiting" || kind === "published"),
      "published",
    );
    const trained = kinds.filter((kind) => kind === "trained").length;
    assert.ok(member.peer.status().counters.published >= trained - 1, "but for the one under way");
  });

  for (const [what, beyond, generation] of [
    ["that have heard of its newest publication, without its signature, confirm its log", 0, 0],
    ["that have heard of a later one confirm nothing, and after a while it begins a new log", 3, 1],
  ] as const)
    it(what, async () => {
      const { store, again, crowd } = await scene();
      let publications: number[] = [];
      const told = (transport: Transport): Transport => ({
        ...transport,
        async request(peer, protocol, body, options) {
          const answer = await transport.request(peer, protocol, body, options);
          if (protocol !== HELLO_PROTOCOL) return answer;
          const { yours: _, ...rest } = decodeHelloAnswer(answer);
          const heard = { generation: 0, seq: (publications.at(-1) ?? 0) + beyond };
          return encodeHelloAnswer({ ...rest, servesPulls: true, hearsBriefs: true, heard });
        },
      });
      publications = (await entriesIn(store)).filter(({ type }) => type === "publish").map(({ seq }) => seq);
      const member = await again(store, { ...AT_HOME, wrapTransport: told });
      await crowd.run(8_000);
      if (beyond > 0)
        assert.equal(member.peer.status().counters.published, 0, "nobody has signed it, so nothing is begun at once");
      await crowd.run(28_000);
      assert.equal(Math.min(1, member.peer.status().generation), generation);
      const reasons = member.events.flatMap((event) => (event.kind === "generation" ? [event.why] : []));
      assert.deepEqual(reasons, generation === 1 ? ["unconfirmed"] : []);
      assert.ok(member.peer.status().counters.published > 2);
    });

  it("of strangers that know nothing do not shorten the wait for those that know it", async () => {
    const { crowd, backup, again, connect, isBanned } = await scene();
    for (const n of [60, 61, 62, 63]) {
      const stranger = crowd.joinTransport(identityOf(n).peerId);
      stranger.onRequest(HELLO_PROTOCOL, () => encodeHelloAnswer({ task: taskId, agent: "stranger/1" }));
    }
    const member = await again(backup, AT_HOME, false);
    await crowd.run(4_500);
    assert.equal(member.peer.status().counters.published, 0);
    connect();
    await crowd.run(4_000);
    assert.ok(member.peer.status().generation > 0);
    assert.equal(await isBanned(), false);
  });

  it("of strangers alone lead to a new log after half a minute", async () => {
    const { crowd, store, again } = await scene();
    const stranger = crowd.joinTransport(identityOf(60).peerId);
    stranger.onRequest(HELLO_PROTOCOL, () => encodeHelloAnswer({ task: taskId, agent: "stranger/1" }));
    const member = await again(store, AT_HOME, false);
    await crowd.run(LIMITS.strangersOnlyMs - 2_000);
    assert.deepEqual([member.peer.status().generation, member.peer.status().counters.published], [0, 0]);
    await crowd.run(4_000);
    assert.ok(member.peer.status().generation > 0);
    assert.ok(member.peer.status().counters.published > 0);
  });

  it("are waited for until it is quiet, not for a second from the first", async () => {
    const { crowd, store, others, again } = await scene();
    const member = await again(store, AT_HOME, false);
    const { size } = member.peer.log.head();
    const { network } = crowd.world;
    const [first, second] = others as [Member, Member];
    network.connect(member.peerId, first.peerId);
    await crowd.run(850);
    network.connect(member.peerId, second.peerId);
    await crowd.run(800);
    assert.equal(member.peer.log.head().size, size, "a second after the first answer it still waits");
    await crowd.run(1_500);
    assert.ok(member.peer.log.head().size > size);
    assert.equal(member.peer.status().generation, 0);
  });
});

describe("new logs", () => {
  it("are not begun by plain restarts: ten in a day leave the log what it was, and the place where it is", async () => {
    const { crowd, store, again, isBanned } = await scene();
    let member = await again(store, AT_HOME);
    for (let restart = 0; restart < 10; restart++) {
      await crowd.run(1_500 + 130 * restart);
      member.kill();
      crowd.world.network.leave(member.peerId);
      member = await again(store, AT_HOME);
    }
    await crowd.run(3_000);
    assert.equal(member.peer.status().generation, 0);
    assert.ok(member.peer.status().counters.merges >= 2);
    assert.equal(await isBanned(), false);
  });

  it("of two starts from one backup within a minute are two", async () => {
    const { crowd, backup, again, isBanned } = await scene();
    const generations: number[] = [];
    for (let start = 0; start < 3; start++) {
      const member = await again(await copyOf(backup), MOVED, start === 2);
      await crowd.run(3_000);
      generations.push(member.peer.status().generation);
      member.kill();
      crowd.world.network.leave(member.peerId);
    }
    assert.equal(new Set(generations).size, 3);
    assert.equal(await isBanned(), false);
  });

  it("write down the new place only when they have begun", async () => {
    const { crowd, backup, again } = await scene();
    const store = await copyOf(backup);
    const member = await again(store, MOVED, false);
    assert.equal(await store.get("node/place"), undefined);
    await crowd.run(3_000);
    assert.ok(member.peer.status().generation > 0);
    assert.deepEqual(await store.get("node/place"), new Uint8Array(1));
  });
});

describe("bad days", () => {
  it("include a machine that is set back beside a neighbour that was restored itself: it knows less than the store, and settles nothing", async () => {
    const { honestBanned, story } = await runSchedule(384);
    assert.equal(honestBanned, 0, story.join("\n"));
  });

  it(`of ${SCHEDULES} random schedules ban no honest key, and every liar`, async (t) => {
    const { honestBanned, liars, liarsFound, failures } = await runSchedules(SCHEDULES);
    t.diagnostic(`${liarsFound} of ${liars} liars found`);
    assert.equal(failures.join("\n\n"), "");
    assert.deepEqual([honestBanned, liarsFound, liars], [0, SCHEDULES / 2, SCHEDULES / 2]);
  });
});
