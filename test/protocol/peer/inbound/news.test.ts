/** Neighbours that pay for bytes are told of models as seldom as they ask to be; who tells them more often is left. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { PeerId } from "../../../../protocol/base/seams.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { createNews } from "../../../../protocol/peer/inbound/news.ts";
import type { PeerEvent } from "../../../../protocol/peer/reports.ts";
import { createPlanned } from "../../../../protocol/traffic/planned.ts";
import type { Spending } from "../../../../protocol/traffic/thrift.ts";
import { encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { taskNames } from "../../../../protocol/wire/messages.ts";
import { createNodeBudget } from "../../../../sim/network/budget.ts";
import { constantLatency } from "../../../../sim/network/conditions.ts";
import { createNetwork } from "../../../../sim/network/network.ts";
import { createVirtualClock } from "../../../../sim/seams/clock.ts";
import { startPeer } from "../../../../sim/seams/peer.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";
import { identityOf } from "../../../support/crowd.ts";
import { createHostile } from "../../../support/hostile.ts";

const MINUTE_MS = 60_000;
const CYCLE_MS = 5000;
/** Pays for 225 kB that flow in in an hour: a merge of one model about once a minute, in the long run, and news twice. */
const LIMIT = { bytes: 300_000, perMs: 60 * MINUTE_MS };
const EVERY_MS = (MINUTE_MS - 2000) / 2;
const HALF_HOUR_MS = 30 * MINUTE_MS;

/** Peers in virtual time, each connected to all before it. */
function scene() {
  const task = blobTask({ aggregation: { rule: "median", inboxSize: 1, quorum: 1 } });
  const topic = taskNames(nodeCrypto.sha256(new Uint8Array())).announce.replace(/[0-9a-f]{32}/, "");
  const clock = createVirtualClock();
  const network = createNetwork({
    ...{ clock, crypto: nodeCrypto, conditions: constantLatency(5), announcements: "neighbours" },
  });
  const here: PeerId[] = [];
  const connect = (peer: PeerId) => {
    for (const other of here) network.connect(peer, other);
    here.push(peer);
  };
  return {
    ...{ task, clock, network, connect },
    async join(number: number, spending?: Spending & { pass?: (bytes: number) => boolean }) {
      const identity = identityOf(number);
      const events: PeerEvent[] = [];
      /** Announcements that came, by who brought them. */
      const heard = new Map<PeerId, number>();
      const budget = spending?.pass && (spending as ReturnType<typeof createNodeBudget>);
      const transport = network.join(identity.peerId, budget);
      const { peer } = await startPeer({
        ...{ task, crypto: nodeCrypto, identity, store: createMemoryStore(), minCycleMs: CYCLE_MS, proofs: false },
        ...{ clock: clock.of(network.numberOf(identity.peerId)), rng: createRng(number), trainMs: () => 10 },
        ...{
          trainer: createDenseTrainer({ task, train: blobs(40, number) }),
          ...(spending && { spending: () => spending }),
        },
        transport: {
          ...transport,
          onAnnounce: (name, handler) =>
            transport.onAnnounce(name, (from, body) => {
              if (name.replace(/[0-9a-f]{32}/, "") === topic) heard.set(from, (heard.get(from) ?? 0) + 1);
              return handler(from, body);
            }),
        },
        observe: (event) => void events.push(event),
      });
      connect(identity.peerId);
      return { peer, events, heard, id: identity.peerId };
    },
  };
}

const mergesOf = ({ events }: { events: readonly PeerEvent[] }) =>
  events.filter(({ kind }) => kind === "merged").length;

describe("a neighbour that pays for bytes", () => {
  it("is told twice for each of its own merges of models that are published in every cycle, and merges them", async () => {
    const { clock, join } = scene();
    const payer = await join(1, createNodeBudget(clock, LIMIT));
    const fast = await join(2);
    const other = await join(3);
    await clock.run(HALF_HOUR_MS);
    const published = fast.peer.status().counters.published;
    assert.ok(published > 300, `${published} published`);
    assert.equal(other.heard.get(fast.id), published, "who pays for nothing hears of all");
    const heard = payer.heard.get(fast.id) ?? 0;
    const most = LIMITS.newsBurst + HALF_HOUR_MS / EVERY_MS + 1;
    assert.ok(heard > LIMITS.newsBurst && heard <= most, `${heard} of at most ${most}`);
    assert.ok(mergesOf(payer) >= 15, `${mergesOf(payer)} merges`);
    assert.deepEqual(payer.peer.status().counters.refused, {});
  });

  it("leaves who tells it of more, after a few, and merges with others as before", async () => {
    const { task, clock, network, connect, join } = scene();
    const payer = await join(1, createNodeBudget(clock, LIMIT));
    await join(2);
    const identity = identityOf(9);
    const liar = createHostile({ ...{ identity, crypto: nodeCrypto, task }, transport: network.join(identity.peerId) });
    connect(identity.peerId);
    const flood = () => {
      void liar.offer();
      clock.after(1000, flood);
    };
    flood();
    await clock.run(HALF_HOUR_MS);
    const heard = payer.heard.get(identity.peerId) ?? 0;
    assert.ok(heard <= 2 * LIMITS.newsBurst + 2, `${heard} of 1,800`);
    assert.deepEqual(network.neighbours(payer.id), [identityOf(2).peerId]);
    const refused = payer.events.filter(({ kind }) => kind === "refused");
    assert.ok(
      refused.some((event) => "code" in event && event.code === "ERR_RATE" && /as it was asked to/.test(event.message)),
    );
    assert.ok(mergesOf(payer) >= 15, `${mergesOf(payer)} merges`);
  });

  it("asks for nothing where its budget only plans what it moves itself", async () => {
    const { clock, join } = scene();
    const planner = await join(1, createPlanned(clock, LIMIT));
    const fast = await join(2);
    await clock.run(5 * MINUTE_MS);
    assert.equal(planner.heard.get(fast.id), fast.peer.status().counters.published);
  });
});

/** News at a time that a test sets, of neighbours that it names. */
function newsAt(mergeEveryMs: number | undefined, peers: PeerId[]) {
  const left: PeerId[] = [];
  const time = { nowMs: 0 };
  const news = createNews({
    clock: { monotonicMs: () => time.nowMs },
    transport: { peers: () => peers, shun: (peer) => void left.push(peer) },
    thrift: { mergeEveryMs: () => mergeEveryMs },
    reports: { refused: () => {} },
  });
  return { news, left, time };
}

/** An announcement of the peer of this number comes, from itself where left out. */
function announcing(news: ReturnType<typeof newsAt>["news"]) {
  const handle = news.counting(() => ({ verdict: "ignore", code: "ERR_RATE" }));
  const [hash, note] = [new Uint8Array(32), new Uint8Array(64)];
  const said = {
    task: hash,
    generation: 0,
    seq: 1,
    entry: hash,
    root: hash,
    note,
    model: hash,
    bytes: 1,
    age: 0,
    tsMs: 0,
  };
  return (author: number, from = identityOf(author).peerId) =>
    handle(from, encodeAnnouncement(said, identityOf(author)));
}

describe("what is told", () => {
  it("goes to all where nobody asked for less", () => {
    const { news } = newsAt(undefined, ["a", "b"]);
    news.wished("a", undefined);
    assert.equal(news.hearers(), undefined);
    assert.deepEqual([news.wish("a"), news.isPaying()], [undefined, false]);
  });

  it("leaves out who has had as much as it asked for, until its time has come, and for good what it asked before", () => {
    const { news, time } = newsAt(undefined, ["a", "b"]);
    news.wished("a", 100);
    for (let i = 0; i < LIMITS.newsBurst; i++) assert.equal(news.hearers(), undefined);
    assert.deepEqual(news.hearers(), new Set(["b"]));
    news.wished("a", 100); // it greets again
    assert.deepEqual(news.hearers(), new Set(["b"]));
    time.nowMs = 100_000;
    assert.equal(news.hearers(), undefined);
    assert.deepEqual(news.hearers(), new Set(["b"]));
    news.wished("a", undefined);
    assert.equal(news.hearers(), undefined);
  });

  it("is bounded: a wish is at least a second and at most a day", () => {
    assert.equal(newsAt(10, ["a"]).news.wish("a"), 1);
    assert.equal(newsAt(1e12, ["a"]).news.wish("a"), LIMITS.longestNewsS);
  });

  it("is remembered of those who are here, however many have come and gone", () => {
    const { news } = newsAt(1000, ["a", "b"]);
    news.wished("a", 100);
    for (let i = 0; i < 3000; i++) news.wished(`gone ${i}`, 100);
    for (let i = 0; i < LIMITS.newsBurst; i++) news.hearers();
    assert.deepEqual(news.hearers(), new Set(["b"]));
  });

  it("may be twice as much before its sender is left, whether it greeted or not, and nobody is where no byte is paid for", () => {
    const [a, b] = [identityOf(1).peerId, identityOf(2).peerId];
    const { news, left, time } = newsAt(200_000, [a, b]);
    const hear = announcing(news);
    assert.equal(news.wish(a), 100);
    for (let i = 0; i < 2 * LIMITS.newsBurst; i++) hear(1);
    hear(2, a); // it passes on what another says
    time.nowMs = 50_000;
    hear(1);
    assert.deepEqual(left, []);
    hear(1);
    assert.deepEqual(left, [a]);
    for (let i = 0; i <= 2 * LIMITS.newsBurst; i++) hear(2); // it never greeted
    assert.deepEqual(left, [a, b]);
    const free = newsAt(undefined, [a]);
    for (let i = 0; i < 1000; i++) announcing(free.news)(1);
    assert.deepEqual(free.left, []);
  });
});
