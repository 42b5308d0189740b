/** The budget at real sockets, whose bytes are counted by Node's own counters. */
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { wallClock } from "../../../node/clock.ts";
import type { Metering } from "../../../node/net/metering.ts";
import { type LinkLimit, openBudget } from "../../../node/net/open-metering.ts";
import { rateOf } from "../../../protocol/traffic/bucket.ts";
import type { MeterParts } from "../../../protocol/traffic/meter.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { type RealNode, startNode } from "../../support/nodes.ts";

const LIMIT = { bytes: 1_200_000, perMs: 60_000 };
const { burst, perSecond } = rateOf(LIMIT);
const PROTOCOL = "/test/1";

const ALL: readonly LinkLimit[] = [{ kind: "all", limit: LIMIT }];

interface Metered extends RealNode {
  readonly metering: Metering;
  readonly socketBytes: () => number;
  readonly startedMs: number;
}

/** A node with a budget, and all sockets that it has accepted. */
async function startMetered(budgets: readonly LinkLimit[]): Promise<Metered> {
  const sockets = new Set<Socket>();
  const accepted = (message: unknown) => void sockets.add((message as { readonly socket: Socket }).socket);
  subscribe("net.server.socket", accepted);
  const metering = await meteringOf(budgets);
  const startedMs = performance.now();
  const node = await startNode({ metering });
  node.node.addEventListener("stop", () => {
    unsubscribe("net.server.socket", accepted);
    void metering.stop();
  });
  const socketBytes = () =>
    [...sockets].reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0);
  return { ...node, metering, socketBytes, startedMs };
}

async function meteringOf(budgets: readonly LinkLimit[], clock: MeterParts["clock"] = wallClock): Promise<Metering> {
  const { metering } = await openBudget(budgets, { store: createMemoryStore(), clock });
  assert.ok(metering);
  return metering;
}

it("is planned with and not enforced where it says about: nothing stands between the sockets, and nothing is stored", async () => {
  const store = createMemoryStore();
  const budgets = [{ kind: "all", limit: LIMIT, isPlanned: true }] as const;
  const { metering, spending } = await openBudget(budgets, { store, clock: wallClock });
  assert.equal(metering, undefined);
  assert.equal(spending?.()?.limit, LIMIT);
  assert.deepEqual((await openBudget([], { store, clock: wallClock })).spending, undefined);
});

async function withMetered(
  body: (metered: Metered, other: RealNode) => Promise<void>,
  budgets: readonly LinkLimit[] = ALL,
): Promise<void> {
  const metered = await startMetered(budgets);
  const other = await startNode();
  try {
    await other.node.dial(metered.node.getMultiaddrs(), { signal: AbortSignal.timeout(10_000) });
    await body(metered, other);
  } finally {
    await Promise.all([metered.node.stop(), other.node.stop()]);
  }
}

/** Until `isOver`, the bytes of the sockets are within the bucket whenever they are looked at. */
async function watch(
  { socketBytes, startedMs }: Pick<Metered, "socketBytes" | "startedMs">,
  isOver: () => boolean,
): Promise<void> {
  for (let over = false; !over; await sleep(20)) {
    over = isOver();
    const most = burst + (perSecond * (performance.now() - startedMs)) / 1000;
    const now = socketBytes();
    assert.ok(now <= most, `${now} of ${most} bytes`);
  }
}

describe("a budget at the sockets", () => {
  it("reads no more than it holds of a neighbour that sends all it can", { timeout: 60_000 }, async () => {
    await withMetered(async (metered, other) => {
      await metered.node.handle(PROTOCOL, () => {}); // reads nothing of the stream: its bytes come all the same
      const connection = other.node.getConnections()[0];
      assert.ok(connection);
      const streams = await Promise.all(Array.from({ length: 8 }, () => connection.newStream(PROTOCOL)));
      for (const stream of streams) stream.send(new Uint8Array(200_000));
      await watch(metered, () => metered.socketBytes() > burst - 100_000);
      const spent = metered.socketBytes();
      await watch(metered, () => performance.now() - metered.startedMs > 3_000);
      assert.ok(spent > 100_000);
    });
  });

  it("sends no more than it holds, and the rest when it has flowed in", { timeout: 60_000 }, async () => {
    await withMetered(async (metered, other) => {
      let answered = 0;
      metered.transport.onRequest(PROTOCOL, () => new Uint8Array(100_000));
      const ask = async () => {
        const answer = await other.transport.request(metered.id, PROTOCOL, new Uint8Array(1));
        answered += answer.length;
      };
      let isOver = false;
      const asking = Promise.allSettled([ask(), ask(), ask()]).then(() => {
        isOver = true;
      });
      await watch(metered, () => isOver);
      await asking;
      assert.ok(answered >= 200_000, "what fits into the bucket and its inflow comes");
    });
  });

  it("refuses connections while nothing is left, on both sides", { timeout: 60_000 }, async () => {
    await withMetered(async (metered, other) => {
      metered.transport.onRequest(PROTOCOL, () => new Uint8Array(250_000));
      void other.transport.request(metered.id, PROTOCOL, new Uint8Array(1)).catch(() => {});
      await watch(metered, () => metered.socketBytes() > burst - 110_000);
      await sleep(100);
      const third = await startNode();
      try {
        await assert.rejects(third.node.dial(metered.node.getMultiaddrs(), { signal: AbortSignal.timeout(2_000) }));
        const there = third.node.getMultiaddrs();
        await assert.rejects(metered.node.dial(there, { signal: AbortSignal.timeout(2_000) }));
        assert.ok(metered.socketBytes() <= burst + (perSecond * (performance.now() - metered.startedMs)) / 1000);
      } finally {
        await third.node.stop();
      }
    });
  });
});

describe("budgets of several kinds of links", () => {
  const answerOf = async (metered: Metered, other: RealNode, bytes: number) => {
    metered.transport.onRequest(PROTOCOL, () => new Uint8Array(bytes));
    const answer = await other.transport.request(metered.id, PROTOCOL, new Uint8Array(1));
    assert.equal(answer.length, bytes);
  };
  const spentOf = ({ metering }: Metered) =>
    Object.fromEntries(metering.report().map(({ kind, spentBytes }) => [kind, spentBytes]));

  it("hold nothing back between peers of one machine, where loopback is unlimited", async () => {
    const budgets: LinkLimit[] = [
      { kind: "loopback", limit: undefined },
      { kind: "other", limit: LIMIT },
    ];
    await withMetered(async (metered, other) => {
      for (let i = 0; i < 4; i++) await answerOf(metered, other, Math.ceil(burst / 2));
      assert.ok(metered.socketBytes() > 2 * burst);
      assert.deepEqual(spentOf(metered), { other: 0 });
      assert.equal(metered.metering.spending(), undefined, "no link in use is limited: the peer need not be thrifty");
    }, budgets);
  });

  it("count what fits no line by the tightest", async () => {
    const budgets: LinkLimit[] = [
      { kind: "192.168.0.0/16", limit: { ...LIMIT, bytes: 2 * LIMIT.bytes } },
      { kind: "10.0.0.0/8", limit: LIMIT },
      { kind: "lte", limit: undefined },
    ];
    await withMetered(async (metered, other) => {
      await answerOf(metered, other, 50_000);
      const spent = spentOf(metered);
      assert.ok(Number(spent["10.0.0.0/8"]) > 50_000, JSON.stringify(spent));
      assert.equal(spent["192.168.0.0/16"], 0);
      assert.equal(metered.metering.spending()?.name, "10.0.0.0/8");
    }, budgets);
  });

  it("count multicast of a network, with its headers, by the kind of that network", async () => {
    const kinds: LinkLimit[] = ["loopback", "lan", "other"].map((kind) => ({ kind, limit: LIMIT }));
    const metering = await meteringOf(kinds, { now: () => 0, monotonicMs: () => 0 }); // nothing flows in
    const left = () => metering.report().map(({ leftBytes }) => leftBytes);
    const before = left();
    metering.datagram("192.168.0.5", 1_000);
    metering.datagram("192.168.0.5", 200);
    metering.datagram("127.0.0.1", 300);
    assert.deepEqual(
      left().map((bytes, i) => Number(before[i]) - bytes),
      [328, 1_256, 0],
    );
    await metering.stop();
  });

  it("let multicast speak only where the budget of its own network still pays, whatever others hold", async () => {
    const kinds: LinkLimit[] = [
      { kind: "loopback", limit: undefined },
      { kind: "lan", limit: LIMIT },
      { kind: "other", limit: LIMIT },
    ];
    const metering = await meteringOf(kinds, { now: () => 0, monotonicMs: () => 0 }); // nothing flows in
    const may = () => ["127.0.0.1", "192.168.0.5", "203.0.113.5"].map((ip) => metering.mayMulticast(ip));
    assert.deepEqual(may(), [true, true, true]);
    metering.datagram("192.168.0.5", burst);
    assert.equal(metering.mayDial(), true, "others can be dialled");
    assert.deepEqual(may(), [true, false, true]);
    await metering.stop();
  });
});
