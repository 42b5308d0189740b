/** Gossip between real nodes, and with neighbours that send what nobody may, or more than anybody can read. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { RPC } from "@chainsafe/libp2p-gossipsub/message";
import { internalsOf } from "../../../node/net/gossip-internals.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { Verdict } from "../../../protocol/base/seams.ts";
import { eventually } from "../../conformance/transport.ts";
import {
  areConnected,
  connect,
  dial,
  fresh,
  gossipStream,
  halfFrame,
  type RealNode,
  rpcOf,
  withNodes,
} from "../../support/nodes.ts";

const TOPIC = "/test/gossip/1";
const OURS = { topics: [TOPIC] };
const ACCEPT: Verdict = { verdict: "accept" };
const REJECT: Verdict = { verdict: "reject", code: "ERR_SIGNATURE" };
const MANY = LIMITS.faults.burst + 3;

/** Subscribes; what was heard. */
function listen({ transport }: RealNode, judge: (body: Uint8Array) => Verdict = () => ACCEPT): Uint8Array[] {
  const heard: Uint8Array[] = [];
  transport.onAnnounce(TOPIC, (_from, body) => {
    heard.push(body);
    return judge(body);
  });
  return heard;
}

/** Sends a message by gossip: announcements to neighbours go over links. */
function gossip({ node }: RealNode, body: Uint8Array): Promise<unknown> {
  return internalsOf(node.services.pubsub).publish(TOPIC, body, { floodPublish: true });
}

/** Resolves when b hears what a gossips. */
async function hears(a: RealNode, heard: readonly Uint8Array[], timeoutMs = 12_000): Promise<void> {
  const before = heard.length;
  const timer = setInterval(() => void gossip(a, fresh(32)).catch(() => {}), 100);
  await eventually(() => heard.length > before, timeoutMs).finally(() => clearInterval(timer));
}

describe("a gossip link between honest peers", { concurrency: true }, () => {
  it("takes an RPC of 5,000 message ids, and one of as many announcements as fit into a mebibyte", () =>
    withNodes([OURS, OURS], async (a, b) => {
      const heard = listen(b);
      const stream = await gossipStream(a, b);
      const messageIDs = Array.from({ length: 5000 }, () => crypto.getRandomValues(new Uint8Array(32)));
      const control = { ihave: [{ topicID: TOPIC, messageIDs }], iwant: [], graft: [], prune: [], idontwant: [] };
      stream.push(RPC.encode({ subscriptions: [], messages: [], control }));
      const bodies = Array.from({ length: 2000 }, () => fresh(400));
      stream.push(rpcOf(TOPIC, bodies));
      await eventually(() => heard.length === bodies.length, 10_000);
      await hears(a, heard);
      assert.ok(areConnected(a, b));
    }));

  for (const [claim, who] of [
    ["by the one who sends", 0],
    ["by the one who hears", 1],
  ] as const) {
    it(`is made anew where it was reset ${claim}, while the connection lives`, () =>
      withNodes([OURS, OURS], async (...pair) => {
        const [a, b] = pair as [RealNode, RealNode];
        const heard = [listen(a), listen(b)];
        await hears(a, heard[1] as Uint8Array[]);
        await hears(b, heard[0] as Uint8Array[]);
        const connection = a.node.getConnections()[0];
        const end = pair[who] as RealNode;
        const ended =
          who === 0
            ? (await gossipStream(a, b)).rawStream
            : internalsOf(end.node.services.pubsub).streamsInbound.get(a.id)?.rawStream;
        ended?.abort(new Error("an accident"));
        await hears(a, heard[1] as Uint8Array[]);
        await hears(b, heard[0] as Uint8Array[]);
        assert.equal(a.node.getConnections()[0], connection, "the connection is the same");
      }));
  }

  it("does not end for what an honest relay cannot see, and the relay passes nothing on that it rejects", () =>
    withNodes([OURS, OURS, OURS], async (liar, relay, peer) => {
      const judge = (body: Uint8Array) => (body.length === 99 ? REJECT : ACCEPT);
      listen(relay, judge);
      const heard = listen(peer, judge);
      await hears(relay, heard);
      const stream = await gossipStream(liar, relay);
      stream.push(
        rpcOf(
          TOPIC,
          Array.from({ length: MANY }, () => fresh(99)),
        ),
      );
      await eventually(() => !areConnected(liar, relay));
      await hears(relay, heard);
      assert.ok(areConnected(relay, peer));
      assert.ok(heard.every(({ length }) => length !== 99));
    }));

  it("tells so many ids at once, and sends so many bytes to who asks for them, that every implementation takes it", () =>
    withNodes([OURS, OURS], async (a, b) => {
      listen(a);
      const { mcache } = internalsOf(a.node.services.pubsub);
      for (let i = 0; i < 3 * LIMITS.maxGossipIds; i++) await gossip(a, fresh(1000));
      const ids = mcache.getGossipIDs(new Set([TOPIC])).get(TOPIC) ?? [];
      assert.ok(ids.length > LIMITS.maxGossipIds / 2 && ids.length <= LIMITS.maxGossipIds, `${ids.length} ids`);
      let bytes = 0;
      const keys = [...(mcache as unknown as { msgs: Map<string, unknown> }).msgs.keys()];
      for (const key of keys) bytes += mcache.getWithIWantCount(key, b.id)?.msg.data?.length ?? 0;
      assert.ok(bytes > LIMITS.maxGossipAnswerBytes / 2 && bytes <= LIMITS.maxGossipAnswerBytes, `${bytes} bytes`);
      await eventually(() => mcache.getWithIWantCount(keys.at(-1) as string, b.id) !== null, 3000); // the next heartbeat
    }));

  it("is given up where the beginning of an RPC does not go on, however long it was idle before", () =>
    withNodes([{}, OURS], async (stranger, peer) => {
      listen(peer);
      const stream = await gossipStream(stranger, peer);
      await eventually(() => internalsOf(peer.node.services.pubsub).streamsInbound.has(stranger.id));
      const inbound = internalsOf(peer.node.services.pubsub).streamsInbound.get(stranger.id)?.rawStream;
      await sleep(LIMITS.requestTimeoutMs + 500); // an idle link is no half RPC
      stream.rawStream.send(halfFrame(500_000, 4000));
      await eventually(() => peer.node.shares.bytes.heldBytes() > 0);
      await sleep(1000);
      assert.equal(inbound?.status, "open");
      await eventually(() => inbound?.status !== "open", LIMITS.requestTimeoutMs + 2000);
      assert.equal(peer.node.shares.bytes.heldBytes(), 0);
      assert.ok(areConnected(stranger, peer));
    }));
});

describe("a neighbour loses its connection by", () => {
  const faults: readonly [claim: string, send: (push: (rpc: Uint8Array) => void) => void][] = [
    [
      "messages of a topic that nobody here has",
      (push) =>
        push(
          rpcOf(
            "/other/1",
            Array.from({ length: MANY }, () => fresh(8)),
          ),
        ),
    ],
    [
      "messages that the validator rejects",
      (push) =>
        push(
          rpcOf(
            TOPIC,
            Array.from({ length: MANY }, () => fresh(99)),
          ),
        ),
    ],
    [
      "messages with a signature of gossipsub",
      (push) =>
        push(
          rpcOf(
            TOPIC,
            Array.from({ length: MANY }, () => fresh(8)),
            { signature: fresh(64) },
          ),
        ),
    ],
    ["bytes that are no RPC", (push) => Array.from({ length: MANY }, () => push(new Uint8Array(20).fill(0xff)))],
    [
      "RPCs with more in them than one may have",
      (push) => {
        const subscriptions = Array.from({ length: 1001 }, (_, i) => ({ subscribe: true, topic: `/${i}` }));
        for (let i = 0; i < MANY; i++) push(RPC.encode({ subscriptions, messages: [] }));
      },
    ],
  ];
  for (const [claim, send] of faults) {
    it(`${claim}, and may not come back at once`, () =>
      withNodes([{}, OURS], async (liar, peer) => {
        const heard = listen(peer, (body) => (body.length === 99 ? REJECT : ACCEPT));
        const stream = await gossipStream(liar, peer);
        send((rpc) => stream.push(rpc));
        await eventually(() => !areConnected(liar, peer), 5000);
        assert.ok(
          heard.every(({ length }) => length === 99),
          "what is none of this task's reaches nobody",
        );
        await dial(liar, peer).catch(() => {});
        await sleep(200);
        assert.ok(!areConnected(liar, peer));
      }));
  }

  it("RPCs that are too long: the link ends each time, and then the connection", () =>
    withNodes([{}, OURS], async (liar, peer) => {
      listen(peer);
      const tooLong = new Uint8Array(LIMITS.maxGossipRpcBytes + 1);
      for (let i = 0; i < MANY && areConnected(liar, peer); i++) {
        const [connection] = liar.node.getConnections();
        const stream = await connection?.newStream(["/meshsub/1.1.0"]);
        stream?.addEventListener("close", () => {});
        const length = Uint8Array.of(0x81, 0x80, 0x40); // 2^20 + 1
        stream?.send(length);
        stream?.send(tooLong.subarray(0, 1000));
        await eventually(() => stream?.status !== "open", 2000);
      }
      await eventually(() => !areConnected(liar, peer), 2000);
    }));

  it("nothing of that where it happens a few times", () =>
    withNodes([{}, OURS], async (clumsy, peer) => {
      const heard = listen(peer, (body) => (body.length === 99 ? REJECT : ACCEPT));
      const stream = await gossipStream(clumsy, peer);
      stream.push(
        rpcOf(
          TOPIC,
          Array.from({ length: LIMITS.faults.burst }, () => fresh(99)),
        ),
      );
      stream.push(rpcOf(TOPIC, [fresh(8)]));
      await eventually(() => heard.some(({ length }) => length === 8));
      assert.ok(areConnected(clumsy, peer));
    }));
});

/** Floods a peer with 40,000 messages that it ignores, 100 an RPC; how many it looked at, and in how many seconds. */
async function flood(flooder: RealNode, peer: RealNode): Promise<{ handled: number; seconds: number }> {
  let handled = 0;
  peer.transport.onAnnounce(TOPIC, () => {
    handled++;
    return { verdict: "ignore", code: "ERR_RATE" };
  });
  const stream = await gossipStream(flooder, peer);
  const started = performance.now();
  for (let i = 0; i < 400; i++) {
    stream.push(
      rpcOf(
        TOPIC,
        Array.from({ length: 100 }, () => fresh(20)),
      ),
    );
    await sleep(1);
  }
  await sleep(500);
  return { handled, seconds: (performance.now() - started) / 1000 };
}

describe("a flood of gossip", () => {
  it("is read no faster than its sender may make work, and leaves nothing behind", () =>
    withNodes([{}, OURS], async (flooder, peer) => {
      const { handled, seconds } = await flood(flooder, peer);
      const most = (LIMITS.neighbourBudget.burst + seconds * LIMITS.neighbourBudget.perSecond) / 0.05;
      assert.ok(handled > 1000 && handled <= most, `${handled} handled in ${seconds} s, at most ${most}`);
      const { score } = internalsOf(peer.node.services.pubsub) as unknown as { score: Records };
      assert.equal(score.deliveryRecords.records.size, 0);
      assert.equal(score.deliveryRecords.queue.length, 0);
      assert.ok(areConnected(flooder, peer), "it has to wait, that is all");
    }));

  it("that is of no use is read three times as slowly where a newcomer brings it", () =>
    withNodes([{}, { ...OURS, isKnown: () => false }], async (flooder, peer) => {
      const { handled, seconds } = await flood(flooder, peer);
      const most = (LIMITS.prefixBudget.burst + seconds * LIMITS.prefixBudget.perSecond) / 0.15;
      assert.ok(handled > 1000 && handled <= most + 100, `${handled} handled in ${seconds} s, at most ${most}`);
      assert.ok(areConnected(flooder, peer), "it has to wait, that is all");
    }));
});

interface Records {
  readonly deliveryRecords: { readonly records: Map<string, unknown>; readonly queue: { readonly length: number } };
}

it("who dials again after its connection was lost is heard again", () =>
  withNodes([OURS, OURS], async (a, b) => {
    const heard = listen(b);
    await hears(a, heard);
    a.node.getConnections()[0]?.abort(new Error("a cable was pulled"));
    await eventually(() => !areConnected(a, b));
    await connect(a, b);
    await hears(a, heard);
  }));
