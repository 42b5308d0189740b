/** What strangers can make a real node hold, read and remember: bounded while they are at it, and nothing when they have gone. */
import assert from "node:assert/strict";
import { createConnection, type Socket } from "node:net";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, MessageStream, Stream, StreamMuxer } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { createArrivals } from "../../../node/net/arrivals.ts";
import { internalsOf } from "../../../node/net/gossip-internals.ts";
import { endLargest, FrameHeaders, type Multiplexed } from "../../../node/net/muxer.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { eventually } from "../../conformance/transport.ts";
import { areConnected, connect, halfFrame, type RealNode, startNode, withNodes } from "../../support/nodes.ts";

const SERVED = "/test/served/1";
const MIB = 1_048_576;

function connectionOf({ node }: RealNode): Connection {
  return node.getConnections()[0] as Connection;
}

/** Opens streams of a protocol, as many as it may, and sends the same bytes on each. */
async function openMany(from: RealNode, bytes: Uint8Array, n: number): Promise<Stream[]> {
  const opened = Array.from({ length: n }, async () => {
    const stream = await connectionOf(from).newStream(SERVED, { maxOutboundStreams: n });
    stream.send(bytes);
    return stream;
  });
  return (await Promise.allSettled(opened)).flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

describe("a stranger", { concurrency: true }, () => {
  it("can have a few half requests held, for some seconds: what is longer than a request is refused at its length", () =>
    withNodes([{}, {}], async (stranger, peer) => {
      let served = 0;
      peer.transport.onRequest(SERVED, (_from, body) => {
        served++;
        return body;
      });
      const long = await openMany(stranger, halfFrame(200_000, 100), 3);
      await eventually(() => long.every(({ status }) => status !== "open"), 3000);
      assert.equal(peer.node.shares.bytes.heldBytes(), 0);

      const most = LIMITS.maxRequestsInFlight * LIMITS.maxRequestBytes;
      const half = await openMany(stranger, halfFrame(LIMITS.maxRequestBytes, LIMITS.maxRequestBytes - 10), 200);
      await eventually(() => peer.node.shares.bytes.heldBytes() >= most / 2, 3000);
      assert.ok(
        peer.node.shares.bytes.heldBytes() <= most,
        `${peer.node.shares.bytes.heldBytes()} held, at most ${most}`,
      );
      await eventually(() => half.every(({ status }) => status !== "open"), LIMITS.requestArrivalMs + 3000);
      await eventually(() => peer.node.shares.bytes.heldBytes() === 0);
      assert.equal(served, 0);
      assert.deepEqual(await stranger.transport.request(peer.id, SERVED, Uint8Array.of(1)), Uint8Array.of(1));
    }));

  it("that does not take its answers has a bounded part of them made, for ten seconds, and others get theirs", () =>
    withNodes([{}, {}, {}], async (stranger, peer, honest) => {
      let made = 0;
      peer.transport.onRequest(SERVED, () => {
        made++;
        return new Uint8Array(LIMITS.maxFrameBytes);
      });
      const streams = await openMany(stranger, Uint8Array.of(1, 7), LIMITS.maxRequestsInFlight);
      for (const stream of streams) stream.pause();
      const most = LIMITS.maxHeldForNeighbourBytes;
      await eventually(() => peer.node.shares.bytes.heldBytes() > most - 2 * LIMITS.maxFrameBytes, 5000);
      await sleep(300);
      assert.ok(
        peer.node.shares.bytes.heldBytes() <= most + LIMITS.maxRequestsInFlight * 1024,
        `${peer.node.shares.bytes.heldBytes()} held`,
      );
      assert.ok(made < streams.length / 2, `${made} answers made for ${streams.length} requests`);
      const answer = await honest.transport.request(peer.id, SERVED, Uint8Array.of(1));
      assert.equal(answer.length, LIMITS.maxFrameBytes);
      await eventually(() => peer.node.shares.bytes.heldBytes() === 0, LIMITS.requestTimeoutMs + 5000);
    }));

  it("is read at a bounded rate, however fast it sends", () =>
    withNodes([{}, {}], async (stranger, peer) => {
      peer.transport.onRequest(SERVED, (_from, body) => body);
      const stream = await connectionOf(stranger).newStream(SERVED);
      const started = performance.now();
      const before = peer.transport.traffic().bytesIn;
      stream.send(Uint8Array.of(1, 1));
      for (let sent = 0; sent < 40 && stream.status === "open"; sent++) {
        stream.send(new Uint8Array(MIB / 2)); // after its request: thrown away, but read
        await sleep(20);
      }
      await sleep(1000);
      const seconds = (performance.now() - started) / 1000;
      const read = peer.transport.traffic().bytesIn - before;
      const most = LIMITS.inboundBytes.burst + (seconds + 0.5) * LIMITS.inboundBytes.perSecond + MIB / 2;
      assert.ok(read <= most, `${read} bytes in ${seconds} s, at most ${most}`);
    }));

  it("loses its connection by a frame that is longer than a stream's window, before it is collected", () =>
    withNodes([{}, {}], async (stranger, peer) => {
      const { muxer } = connectionOf(stranger) as unknown as { muxer: { send(bytes: Uint8Array): void } };
      muxer.send(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 99, 0x7f, 0xff, 0xff, 0xff)); // 2 GiB on stream 99
      await eventually(() => !areConnected(stranger, peer), 2000);
    }));

  it("has so many streams on its connection and no more, whatever it opens", () =>
    withNodes([{}, {}], async (stranger, peer) => {
      const { muxer } = connectionOf(stranger) as unknown as { muxer: StreamMuxer };
      for (let i = 0; i < 3 * LIMITS.maxStreams; i++) await muxer.createStream();
      const inbound = () => connectionOf(peer).streams.filter(({ direction }) => direction === "inbound").length;
      await eventually(() => inbound() === LIMITS.maxStreams);
      await sleep(200);
      assert.ok(inbound() <= 96, `${inbound()} streams`);
    }));

  it("that takes nothing has a bounded number of bytes wait for it on its connection", () =>
    withNodes([{}, {}], async (_, peer) => {
      const { muxer } = connectionOf(peer) as unknown as { muxer: { maConn: MessageStream } };
      assert.ok((muxer.maConn.maxWriteBufferLength ?? Number.POSITIVE_INFINITY) <= MIB);
    }));

  it("that has gone has left nothing behind", () =>
    withNodes([{}, {}], async (stranger, peer) => {
      const { node } = peer;
      await eventually(() => internalsOf(node.services.pubsub).streamsInbound.has(stranger.id));
      assert.ok(await node.peerStore.has(stranger.node.peerId));
      connectionOf(stranger).abort(new Error("gone"));
      await eventually(() => !areConnected(stranger, peer));
      let isKept = true;
      for (let tries = 0; isKept && tries < 125; tries++) {
        await sleep(200);
        isKept = await node.peerStore.has(stranger.node.peerId);
      }
      assert.equal(isKept, false, "in libp2p's store");
      await eventually(() => namesKept(node.services.pubsub, stranger.id).length === 0, 15_000).catch(() => {
        assert.deepEqual(namesKept(node.services.pubsub, stranger.id), []);
      });
    }));

  it("that opens connections and says nothing takes a bounded number of places, and others come in", async () => {
    const peer = await startNode();
    const honest = await startNode();
    const sockets: Socket[] = [];
    try {
      const address = peer.node.getMultiaddrs()[0]?.getComponents() ?? [];
      const port = Number(address.find(({ name }) => name === "tcp")?.value);
      for (let i = 0; i < 2 * LIMITS.maxUnprovedOfPrefix; i++) {
        const socket = createConnection(port, "127.0.0.1").on("error", () => {});
        sockets.push(socket);
        await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
      }
      await eventually(() => sockets.filter(({ closed }) => closed).length >= LIMITS.maxUnprovedOfPrefix, 3000);
      for (const socket of sockets) socket.destroy();
      await sleep(100);
      await connect(honest, peer);
    } finally {
      for (const socket of sockets) socket.destroy();
      await Promise.all([peer.node.stop(), honest.node.stop()]);
    }
  });
});

/** Fields of an object, and of those in it, that are maps or sets with this name in them. */
function namesKept(object: object, name: string, path = "", depth = 0): string[] {
  if (depth > 2) return [];
  return Object.entries(object).flatMap(([field, value]: [string, unknown]) => {
    if (value instanceof Map || value instanceof Set) return value.has(name) ? [`${path}${field}`] : [];
    const isOwn = typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && field !== "components";
    return isOwn ? namesKept(value, name, `${path}${field}.`, depth + 1) : [];
  });
}

describe("new connections", () => {
  it("come in so many at once, and so many a second, from one address prefix and altogether", () => {
    let nowMs = 0;
    const { mayCome } = createArrivals({ monotonicMs: () => nowMs });
    const { prefixConnections: ofPrefix, connections: ofAll } = LIMITS;
    const tries = (host: (i: number) => string, n: number) =>
      Array.from({ length: n }, (_, i) => mayCome(multiaddr(`/ip4/${host(i)}/tcp/1`))).filter(Boolean).length;
    const one = (i: number) => `192.0.2.${i % 250}`;
    const many = (i: number) => `10.${i >> 8}.${i & 255}.1`;
    assert.equal(tries(one, 500), ofPrefix.burst);
    assert.equal(tries(many, 2000), ofAll.burst - ofPrefix.burst);
    nowMs += 10_000;
    assert.equal(tries(one, 500), 10 * ofPrefix.perSecond);
    assert.equal(tries(many, 2000), 10 * (ofAll.perSecond - ofPrefix.perSecond));
  });
});

describe("the headers of yamux", () => {
  const frame = (type: number, flags: number, stream: number, length: number) => {
    const header = new Uint8Array(12);
    const view = new DataView(header.buffer);
    view.setUint8(1, type);
    view.setUint16(2, flags);
    view.setUint32(4, stream);
    view.setUint32(8, length);
    return header;
  };

  it("are found in whatever pieces they come, and cost what the other end's streams bring", () => {
    const bytes = Uint8Array.from([
      ...frame(1, 1, 2, 262_144), // its stream
      ...frame(0, 0, 2, 300),
      ...new Uint8Array(300).fill(0xff),
      ...frame(0, 0, 1, 500), // ours: an answer
      ...new Uint8Array(500).fill(0xff),
      ...frame(2, 1, 0, 7), // a ping
    ]);
    for (const piece of [1, 5, 12, 13, 1000]) {
      const headers = new FrameHeaders("outbound");
      for (let at = 0; at < bytes.length; at += piece) assert.ok(headers.take(bytes.subarray(at, at + piece)));
      assert.equal(headers.takeCost(), 4 * 64 + 1024 + 300, `pieces of ${piece}`);
    }
  });

  it("of a frame longer than a window are refused", () => {
    assert.ok(new FrameHeaders("inbound").take(frame(0, 0, 1, 262_144)));
    assert.equal(new FrameHeaders("inbound").take(frame(0, 0, 1, 262_145)), false);
    assert.ok(new FrameHeaders("inbound").take(frame(1, 0, 1, 2 ** 32 - 1)), "a window update carries nothing");
  });
});

it("the connection with the most in its buffers ends where all together hold too much, and no other", () => {
  const ended: string[] = [];
  const holding = (name: string, ...streams: number[]): Multiplexed => ({
    connection: {
      readBufferLength: 0,
      writeBufferLength: MIB,
      abort: () => void ended.push(name),
      addEventListener() {},
    },
    muxer: { streams: streams.map((n) => ({ readBufferLength: n / 2, writeBufferLength: n / 2 })) },
  });
  const many = Array.from({ length: 30 }, (_, i) => holding(`honest ${i}`, MIB / 4));
  endLargest([...many, holding("a", 10 * MIB)]);
  assert.deepEqual(ended, [], "64 MiB are not reached");
  endLargest([holding("a", 5 * MIB, 5 * MIB), ...many, holding("b", 50 * MIB), holding("c", 12 * MIB)]);
  assert.deepEqual(ended, ["b"]);
});
