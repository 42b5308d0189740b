/** Links: one stream for many requests, what they cost, and ends that keep to no protocol. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import type { Connection, Stream } from "@libp2p/interface";
import * as lp from "it-length-prefixed";
import { decodeDelta, encodeDelta } from "../../../node/net/link-delta.ts";
import { decodeLinkMessage, encodeName, headOf, LINK_PROTOCOL } from "../../../node/net/link-messages.ts";
import { decodeChanges, encodeChanges } from "../../../node/net/link-numbers.ts";
import { concatBytes, utf8 } from "../../../protocol/base/bytes.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { eventually } from "../../conformance/transport.ts";
import { randomBytes } from "../../fuzz/mutate.ts";
import { areConnected, type RealNode, withNodes } from "../../support/nodes.ts";

const ECHO = "/test/echo/1.0.0";
const TOPIC = "/test/announce/1";
const BRIEFS = "/test/brief/1";
const NONE = new Uint8Array(0);
const random = (length: number, seed = "link") => randomBytes(createRng(seed), length);

function connectionOf({ node }: RealNode): Connection {
  return node.getConnections()[0] as Connection;
}

function openLink(from: RealNode): Promise<Stream> {
  return connectionOf(from).newStream(LINK_PROTOCOL, { maxOutboundStreams: 2 });
}

const framed = (...frames: Uint8Array[]) => concatBytes(...frames.map((frame) => lp.encode.single(frame).subarray()));

describe("a request over a link", () => {
  it("leaves nobody who listens to a signal once it is answered: the answer would be kept as long as the signal", (t) =>
    withNodes([{}, {}], async (a, b) => {
      b.transport.onRequest(ECHO, (_from, body) => body);
      const { signal } = new AbortController();
      const ask = () => a.transport.request(b.id, ECHO, new Uint8Array(50), { signal });
      await ask();
      const { mock } = t.mock.method(EventTarget.prototype, "addEventListener");
      for (let i = 0; i < 20; i++) await ask();
      const listened = mock.calls.flatMap(({ this: target }) => (target instanceof AbortSignal ? [target] : []));
      assert.ok(listened.includes(signal) && new Set(listened).size > 20);
      await eventually(() => listened.every((one) => getEventListeners(one, "abort").length === 0));
    }));

  it("makes no weak references, which V8 puts among its old objects (deadline.ts)", (t) =>
    withNodes([{}, {}], async (a, b) => {
      b.transport.onRequest(ECHO, (_from, body) => body);
      const { signal } = new AbortController();
      const ask = () => a.transport.request(b.id, ECHO, new Uint8Array(50), { signal });
      await ask();
      const mocks = [t.mock.method(AbortSignal, "any"), t.mock.method(AbortSignal, "timeout")];
      for (let i = 0; i < 20; i++) await ask();
      const calls = mocks.reduce((sum, { mock }) => sum + mock.callCount(), 0);
      assert.ok(calls < 10, `${calls} calls`); // of libp2p, by time and not by request
    }));
});

describe("a link", { concurrency: true }, () => {
  it("carries all requests of one end, and each costs at most 34 bytes each way beside its own: 18 of Noise, 12 of yamux, 4 of the link", () =>
    withNodes([{}, {}], async (a, b) => {
      b.transport.onRequest(ECHO, (_from, body) => body);
      await a.transport.request(b.id, ECHO, Uint8Array.of(0));
      const [streams, before] = [connectionOf(a).streams.length, a.transport.traffic()];
      const [n, length] = [100, 50];
      for (let i = 0; i < n; i++) await a.transport.request(b.id, ECHO, new Uint8Array(length));
      const after = a.transport.traffic();
      const each = (from: number, to: number) => (to - from) / n - length;
      assert.equal(connectionOf(a).streams.length, streams);
      assert.ok(each(before.bytesOut, after.bytesOut) <= 34, `${each(before.bytesOut, after.bytesOut)} bytes out`);
      assert.ok(each(before.bytesIn, after.bytesIn) <= 34, `${each(before.bytesIn, after.bytesIn)} bytes in`);
    }));

  it("carries a long answer in pieces of one message of Noise each, so that the asker works on one while the next is on its way", () =>
    withNodes([{}, {}], async (a, b) => {
      b.transport.onRequest(ECHO, () => random(LIMITS.maxChunkBytes));
      const stream = await openLink(a);
      const lengths: number[] = [];
      stream.addEventListener("message", ({ data }) => lengths.push(data.byteLength));
      stream.send(framed(encodeName(0, ECHO), concatBytes(headOf(1, 0), Uint8Array.of(0))));
      await eventually(() => lengths.reduce((sum, length) => sum + length, 0) > LIMITS.maxChunkBytes);
      assert.ok(lengths.length >= 5 && Math.max(...lengths) <= 65_507, lengths.join(" "));
    }));

  it("carries the numbers of briefs by what has changed, in five bytes beside Noise and yamux's where two have, and each is heard by whom it is for", () =>
    withNodes([{}, {}], async (a, b) => {
      const heard: (readonly number[])[] = [];
      b.transport.telling?.onTold(BRIEFS, (from, numbers) => {
        assert.equal(from, a.id);
        heard.push(numbers);
        return { verdict: "accept", relay: false };
      });
      const n = 200;
      const told = Array.from({ length: n + 1 }, (_, i) => [
        1_000_000 + 3 * i,
        20_000 + 20 * i,
        29_000_000,
        0,
        2430,
        1,
      ]);
      a.transport.telling?.tell(new Set([b.id]), BRIEFS, told[0] as number[]);
      await eventually(() => heard.length === 1);
      const before = a.transport.traffic().bytesOut;
      for (const numbers of told.slice(1)) a.transport.telling?.tell(new Set([b.id, "nobody"]), BRIEFS, numbers);
      await eventually(() => heard.length === n + 1);
      assert.deepEqual(heard, told);
      const each = (a.transport.traffic().bytesOut - before) / n;
      assert.ok(each <= 30 + 5 + 1, `${each} bytes`); // now and then the connection looks whether it lives
    }));

  it("tells of numbers that fall, or are none any more, as of those that grow", () => {
    const before = [5, 2 ** 48 - 1, 0, 70, 9, 1];
    for (const now of [before, [4, 0, 2 ** 48 - 1, 70, 0, 0], [0, 0, 0, 0, 0, 0]]) {
      assert.deepEqual(decodeChanges(before, encodeChanges(before, now), 6), now);
      assert.deepEqual(decodeChanges([], encodeChanges([], now), 6), now);
    }
    assert.equal(encodeChanges(before, before).length, 0);
    for (const changes of [[1], [0, 0], [0x80], [2, 0x80, 0], Array.from({ length: 7 }, () => 2)])
      assert.throws(() => decodeChanges([], Uint8Array.from(changes), 6), /ERR_DECODE|ERR_NOT_CANONICAL|number/);
  });

  it("carries announcements: of one that is like the one before, only what is other", () =>
    withNodes([{}, {}], async (a, b) => {
      const heard: Uint8Array[] = [];
      b.transport.onAnnounce(TOPIC, (_from, body) => {
        heard.push(body);
        return { verdict: "accept", relay: false };
      });
      const [same, n] = [random(300), 20];
      const bodies = Array.from({ length: n + 1 }, (_, i) => same.with(64, i));
      await a.transport.announce(TOPIC, bodies[0] as Uint8Array);
      await eventually(() => heard.length === 1);
      const before = a.transport.traffic().bytesOut;
      for (const body of bodies.slice(1)) await a.transport.announce(TOPIC, body);
      await eventually(() => heard.length === n + 1);
      assert.deepEqual(heard, bodies);
      const each = (a.transport.traffic().bytesOut - before) / n;
      assert.ok(each <= 45, `${each} bytes each`);
    }));

  it("is not needed: a peer that serves none is asked on one stream a request", () =>
    withNodes([{}, {}], async (a, b) => {
      await b.node.unhandle(LINK_PROTOCOL);
      b.transport.onRequest(ECHO, (_from, body) => body);
      for (let i = 0; i < 3; i++)
        assert.deepEqual(await a.transport.request(b.id, ECHO, Uint8Array.of(i)), Uint8Array.of(i));
    }));

  it("that breaks fails what is under way over it, and the next request opens another", () =>
    withNodes([{}, {}], async (a, b) => {
      let isBroken = false;
      b.transport.onRequest(ECHO, async (_from, body) => {
        if (isBroken) return body;
        isBroken = true;
        for (const stream of connectionOf(b).streams)
          if (stream.protocol === LINK_PROTOCOL) stream.abort(new Error("broken"));
        return body;
      });
      await assert.rejects(a.transport.request(b.id, ECHO, Uint8Array.of(1)), { code: "ERR_UNREACHABLE" });
      const several = [1, 2, 3].map((i) => a.transport.request(b.id, ECHO, Uint8Array.of(i)));
      assert.deepEqual(await Promise.all(several), [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]);
    }));

  it("on which comes what is no answer to anything fails with ERR_DECODE, and too long an answer with ERR_TOO_LARGE", () =>
    withNodes([{}, {}], async (a, b) => {
      const long = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x01);
      for (const [raw, code] of [
        [framed(concatBytes(headOf(77, 0))), "ERR_DECODE"],
        [framed(Uint8Array.of(0x80)), "ERR_DECODE"],
        [framed(headOf(1, 9)), "ERR_DECODE"],
        [long, "ERR_TOO_LARGE"],
      ] as const) {
        await b.node.handle(LINK_PROTOCOL, (stream) => void stream.send(raw), { force: true });
        await assert.rejects(a.transport.request(b.id, ECHO, Uint8Array.of(1)), { code });
      }
    }));

  const malformed: readonly [claim: string, raw: Uint8Array][] = [
    ["no numbers", framed(Uint8Array.of(0x80))],
    ["a number of more than 16 bits", framed(Uint8Array.of(0xff, 0xff, 0x7f, 0))],
    ["a service without a name", framed(headOf(1, 0))],
    ["names out of order", framed(encodeName(1, ECHO))],
    ["a name that is no text", framed(concatBytes(headOf(0, 0), Uint8Array.of(0xff, 0xfe)))],
    ["too long a name", framed(encodeName(0, "/x".repeat(65)))],
    ["too many names", framed(...Array.from({ length: 17 }, (_, i) => encodeName(i, `/x/${i}`)))],
    [
      "a delta that repeats what was not there",
      framed(encodeName(0, TOPIC), concatBytes(headOf(0, 0), Uint8Array.of(5, 0))),
    ],
    ["a delta that is cut short", framed(encodeName(0, TOPIC), concatBytes(headOf(0, 0), Uint8Array.of(0, 9, 1)))],
    [
      "too long an announcement",
      framed(encodeName(0, TOPIC), concatBytes(headOf(0, 0), encodeDelta(NONE, random(1025)))),
    ],
    ["too long a request", framed(encodeName(0, ECHO), concatBytes(headOf(1, 0), new Uint8Array(8193)))],
  ];
  it("on which comes what nobody may send ends, and after six of these the connection", () =>
    withNodes([{}, {}], async (stranger, peer) => {
      peer.transport.onRequest(ECHO, (_from, body) => body);
      for (const [i, [claim, raw]] of malformed.entries()) {
        if (i > LIMITS.faults.burst) break;
        const stream = await openLink(stranger);
        stream.send(raw);
        await eventually(() => stream.status !== "open", 3000).catch(() => assert.fail(claim));
      }
      await eventually(() => !areConnected(stranger, peer), 2000);
    }));
  it("ends for each of these", () =>
    withNodes([{}, {}], async (stranger, peer) => {
      for (const [claim, raw] of malformed.slice(-LIMITS.faults.burst)) {
        const stream = await openLink(stranger);
        stream.send(raw);
        await eventually(() => stream.status !== "open", 3000).catch(() => assert.fail(claim));
      }
      assert.ok(areConnected(stranger, peer));
    }));

  it("whose answers nobody takes has a bounded part of them made, and ends after ten seconds", () =>
    withNodes([{}, {}], async (stranger, peer) => {
      let made = 0;
      peer.transport.onRequest(ECHO, () => {
        made++;
        return new Uint8Array(LIMITS.maxFrameBytes);
      });
      const stream = await openLink(stranger);
      stream.pause();
      const asked = Array.from({ length: 200 }, (_, i) => headOf(i + 1, 0));
      stream.send(framed(encodeName(0, ECHO), ...asked));
      await eventually(() => made > 0);
      const most = LIMITS.maxHeldForNeighbourBytes + LIMITS.maxRequestsInFlight * 1024;
      const held = () => peer.node.shares.bytes.heldBytes();
      await eventually(() => held() > most / 2, 5000);
      assert.ok(held() <= most && made <= LIMITS.maxRequestsInFlight, `${held()} bytes held, ${made} answers made`);
      await eventually(() => stream.status !== "open" && held() === 0, LIMITS.requestTimeoutMs + 5000);
    }));
});

it("a delta and the announcement before it give the announcement, whatever their lengths", () => {
  const rng = createRng("deltas");
  for (let i = 0; i < 200; i++) {
    const [before, body] = [random(rng.below(200), `before ${i}`), random(rng.below(200), `body ${i}`)];
    for (let from = 0; from < body.length && from < before.length; from += 1 + rng.below(30))
      body.set(before.subarray(from, from + rng.below(20)).subarray(0, body.length - from), from);
    assert.deepEqual(decodeDelta(before, encodeDelta(before, body), 1024), body);
  }
});

it("a message of a link begins with two numbers, of one to three bytes each", () => {
  for (const [number, second] of [
    [0, 0],
    [1, 127],
    [128, 300],
    [65_535, 16_384],
  ] as const) {
    const message = concatBytes(headOf(number, second), utf8("body"));
    assert.deepEqual(decodeLinkMessage(message), { number, second, body: utf8("body") });
  }
});
