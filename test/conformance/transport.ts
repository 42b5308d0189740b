/** What every Transport does, whatever it runs over. The factory makes n nodes that do not know each other yet. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { PeerId, Transport, Verdict } from "../../protocol/base/seams.ts";
import { randomBytes } from "../fuzz/mutate.ts";

export interface TestNetwork {
  readonly ids: readonly PeerId[];
  readonly transports: readonly Transport[];
  /** Rejects, or comes to nothing, where an end has blocked the other. */
  connect(i: number, j: number): Promise<void>;
  disconnect(i: number, j: number): Promise<void>;
  /** Where a node listens. */
  addressOf(i: number): string;
  /** Ends a node. */
  remove(i: number): Promise<void>;
  /** Resolves when announcements of a topic, to which all have subscribed, travel over all connections. */
  ready(topic: string): Promise<void>;
  close(): Promise<void>;
}

export type TransportFactory = (n: number) => Promise<TestNetwork>;

const TOPIC = "/test/announce/1";
const ECHO = "/test/echo/1.0.0";
const ACCEPT: Verdict = { verdict: "accept" };
/** Time in which what must not happen would have happened. */
const QUIET_MS = 200;

const bytes = (...values: number[]) => Uint8Array.from(values);

export function transportConformance(kind: string, create: TransportFactory): void {
  /** Runs a test on n nodes of its own, and closes them. */
  function test(claim: string, n: number, body: (net: TestNetwork, ...nodes: Transport[]) => Promise<void>): void {
    it(claim, async () => {
      const net = await create(n);
      try {
        await body(net, ...net.transports);
      } finally {
        await net.close();
      }
    });
  }

  /** Two connected nodes: the first asks, the second answers. */
  function pair(claim: string, body: (ask: Asker, answerer: Transport, net: TestNetwork) => Promise<void>): void {
    test(claim, 2, async (net) => {
      const [asker, answerer] = net.transports as [Transport, Transport];
      await net.connect(0, 1);
      const ask: Asker = (protocol, request, options) =>
        asker.request(net.ids[1] as PeerId, protocol, request, options);
      await body(ask, answerer, net);
    });
  }

  describe(`${kind} transport: announcements`, () => {
    test(
      "reach every subscriber exactly once, whatever the ways that lead to it, and not their author",
      4,
      async (net) => {
        const heard = listenAll(net, () => ACCEPT);
        await connectAll(net);
        await net.ready(TOPIC);
        await net.transports[0]?.announce(TOPIC, bytes(1, 2, 3));
        await net.transports[3]?.announce(TOPIC, bytes(4));
        await eventually(() => heard[1]?.length === 2 && heard[2]?.length === 2 && heard[0]?.length === 1);
        await sleep(QUIET_MS);
        assert.deepEqual(heard[0], ["04"]);
        assert.deepEqual(heard[1]?.toSorted(), ["010203", "04"]);
        assert.deepEqual(heard[2]?.toSorted(), ["010203", "04"]);
        assert.deepEqual(heard[3], ["010203"]);
      },
    );

    test("travel over nodes that accept them, each of which names the one before it", 3, async (net) => {
      const from: (PeerId | undefined)[] = [undefined];
      const heard = listenAll(net, (i, sender) => {
        from[i] = sender;
        return ACCEPT;
      });
      await net.connect(0, 1);
      await net.connect(1, 2);
      await net.ready(TOPIC);
      await net.transports[0]?.announce(TOPIC, bytes(7));
      await eventually(() => heard[2]?.length === 1);
      assert.deepEqual(heard, [[], ["07"], ["07"]]);
      assert.deepEqual(from, [undefined, net.ids[0], net.ids[1]]);
    });

    test("that a node ignores or rejects go no further", 3, async (net) => {
      const verdicts: Readonly<Record<string, Verdict>> = {
        "01": { verdict: "ignore", code: "ERR_REPLAYED" },
        "02": { verdict: "reject", code: "ERR_SIGNATURE" },
      };
      const heard = listenAll(net, (_i, _from, text) => verdicts[text] ?? ACCEPT);
      await net.connect(0, 1);
      await net.connect(1, 2);
      await net.ready(TOPIC);
      for (const value of [1, 2, 3]) await net.transports[0]?.announce(TOPIC, bytes(value));
      await eventually(() => heard[1]?.length === 3 && heard[2]?.length === 1);
      await sleep(QUIET_MS);
      assert.deepEqual(heard[2], ["03"]);
    });

    test("reach only those neighbours that their author names, where it names some", 3, async (net, author) => {
      const heard = listenAll(net, () => ({ verdict: "accept", relay: false }));
      await net.connect(0, 1);
      await net.connect(0, 2);
      await net.ready(TOPIC);
      await author?.announce(TOPIC, bytes(1), new Set([net.ids[2] as PeerId]));
      await author?.announce(TOPIC, bytes(2), new Set());
      await author?.announce(TOPIC, bytes(3));
      await eventually(() => heard[1]?.length === 1 && heard[2]?.length === 2);
      await sleep(QUIET_MS);
      assert.deepEqual(heard, [[], ["03"], ["01", "03"]]);
    });

    test("of a topic that was withdrawn are heard no more", 2, async (net) => {
      const heard = listenAll(net, () => ACCEPT);
      await net.connect(0, 1);
      await net.ready(TOPIC);
      await net.transports[0]?.announce(TOPIC, bytes(1));
      await eventually(() => heard[1]?.length === 1);
      net.transports[1]?.withdraw(TOPIC);
      net.transports[1]?.withdraw("/test/never-heard/1");
      await net.transports[0]?.announce(TOPIC, bytes(2));
      await sleep(QUIET_MS);
      assert.deepEqual(heard[1], ["01"]);
    });

    test("without anybody who listens are no error", 2, async (net, alone) => {
      await alone?.announce(TOPIC, bytes(1));
      await net.connect(0, 1);
      await alone?.announce(TOPIC, bytes(2));
    });
  });

  describe(`${kind} transport: requests`, () => {
    pair(
      "carry any bytes there and back: none, one, a whole request; a chunk, a whole frame",
      async (ask, answerer, net) => {
        const seen: PeerId[] = [];
        answerer.onRequest(ECHO, (from, body) => {
          seen.push(from);
          return body;
        });
        for (const length of [0, 1, 255, LIMITS.maxRequestBytes]) {
          const body = randomBytes(createRng(length), length);
          const answer = await ask(ECHO, body);
          assert.ok(answer instanceof Uint8Array && Buffer.from(answer).equals(body), `${length} bytes`);
        }
        assert.deepEqual(new Set(seen), new Set([net.ids[0]]));
        for (const length of [LIMITS.maxChunkBytes, LIMITS.maxFrameBytes]) {
          const body = randomBytes(createRng(length), length);
          answerer.onRequest(ECHO, () => body);
          assert.ok(Buffer.from(await ask(ECHO, bytes())).equals(body), `${length} bytes`);
        }
      },
    );

    pair("come whole where the answerer gives them in parts", async (ask, answerer) => {
      const parts = [bytes(1, 2), new Uint8Array(0), new Uint8Array(LIMITS.maxChunkBytes).fill(3), bytes(4)];
      answerer.onRequest(ECHO, () => parts);
      const answer = await ask(ECHO, bytes(0));
      assert.ok(Buffer.from(answer).equals(Buffer.concat(parts)));
      answerer.onRequest("/test/long/2", () => [bytes(1), new Uint8Array(LIMITS.maxFrameBytes)]);
      await assert.rejects(ask("/test/long/2", bytes(0)), { code: "ERR_TOO_LARGE" });
    });

    pair("longer than a request are refused with ERR_TOO_LARGE, and so are too long answers", async (ask, answerer) => {
      answerer.onRequest(ECHO, () => bytes(1));
      answerer.onRequest("/test/long/1", () => new Uint8Array(LIMITS.maxFrameBytes + 1));
      await assert.rejects(ask(ECHO, new Uint8Array(LIMITS.maxRequestBytes + 1)), { code: "ERR_TOO_LARGE" });
      await assert.rejects(ask("/test/long/1", bytes()), { code: "ERR_TOO_LARGE" });
      assert.deepEqual(await ask(ECHO, bytes()), bytes(1));
    });

    pair(
      "get the code of the error that the handler threw, at once or later, and nothing else of it",
      async (ask, answerer) => {
        const secret = () => new HearsayError("ERR_NOT_FOUND", "secret", { path: "/home/secret" });
        answerer.onRequest("/test/at-once/1", () => {
          throw secret();
        });
        answerer.onRequest("/test/later/1", async () => {
          await sleep(5);
          throw secret();
        });
        for (const protocol of ["/test/at-once/1", "/test/later/1"]) {
          await assert.rejects(ask(protocol, bytes()), (error) => {
            assert.ok(error instanceof HearsayError);
            assert.equal(error.code, "ERR_NOT_FOUND");
            assert.doesNotMatch(`${error.message} ${JSON.stringify(error.details)}`, /secret/);
            return true;
          });
        }
      },
    );

    pair("whose handler fails end with ERR_UNREACHABLE, and the answerer goes on answering", async (ask, answerer) => {
      answerer.onRequest("/test/throws/1", () => {
        throw new TypeError("a fault of the handler");
      });
      answerer.onRequest("/test/rejects/1", () => Promise.reject(new RangeError("another")));
      answerer.onRequest("/test/own/1", () => {
        throw new HearsayError("ERR_STATE", "the own disk is full: nobody else's affair");
      });
      answerer.onRequest(ECHO, (_from, body) => body);
      await assert.rejects(ask("/test/throws/1", bytes(1)), { code: "ERR_UNREACHABLE" });
      await assert.rejects(ask("/test/rejects/1", bytes(1)), { code: "ERR_UNREACHABLE" });
      await assert.rejects(ask("/test/own/1", bytes(1)), { code: "ERR_UNREACHABLE" });
      assert.deepEqual(await ask(ECHO, bytes(2)), bytes(2));
    });

    pair("of a protocol that was withdrawn end with ERR_UNREACHABLE", async (ask, answerer) => {
      answerer.onRequest(ECHO, (_from, body) => body);
      assert.deepEqual(await ask(ECHO, bytes(5)), bytes(5));
      answerer.withdraw(ECHO);
      await assert.rejects(ask(ECHO, bytes(5)), { code: "ERR_UNREACHABLE" });
    });

    pair("of a protocol that is not served end with ERR_UNREACHABLE", async (ask, answerer) => {
      await assert.rejects(ask("/test/unknown/1", bytes()), { code: "ERR_UNREACHABLE" });
      answerer.onRequest(ECHO, () => bytes(1));
      answerer.onRequest(ECHO, () => bytes(2));
      assert.deepEqual(await ask(ECHO, bytes()), bytes(2), "the newest handler serves");
    });

    test(
      "to a peer without a connection end with ERR_UNREACHABLE: unknown, not connected, or not any more",
      3,
      async (net, a, b) => {
        b?.onRequest(ECHO, (_from, body) => body);
        net.transports[2]?.onRequest(ECHO, (_from, body) => body);
        const ask = (peer: string) => a?.request(peer, ECHO, bytes(1));
        for (const peer of [net.ids[2] as PeerId, "12D3KooWNobody", ""])
          await assert.rejects(async () => ask(peer), { code: "ERR_UNREACHABLE" });
        await net.connect(0, 1);
        assert.deepEqual(await ask(net.ids[1] as PeerId), bytes(1));
        await net.disconnect(0, 1);
        await assert.rejects(async () => ask(net.ids[1] as PeerId), { code: "ERR_UNREACHABLE" });
        await net.connect(0, 1);
        assert.deepEqual(await ask(net.ids[1] as PeerId), bytes(1));
      },
    );

    pair("in flight when the connection breaks end with ERR_UNREACHABLE", async (ask, answerer, net) => {
      const arrived = new Promise<void>((resolve) => {
        answerer.onRequest(ECHO, async () => {
          resolve();
          await sleep(QUIET_MS);
          return bytes();
        });
      });
      const request = assert.rejects(ask(ECHO, bytes(1)), { code: "ERR_UNREACHABLE" });
      await arrived;
      await net.disconnect(0, 1);
      await request;
    });

    pair("end with the reason of their signal, before and while they are asked", async (ask, answerer) => {
      let arrived = 0;
      answerer.onRequest(ECHO, async () => {
        arrived++;
        await sleep(QUIET_MS);
        return bytes();
      });
      const reasons = [new HearsayError("ERR_TIMEOUT", "too slow"), new Error("any reason"), "no error at all"];
      for (const reason of reasons) {
        const isReason = (error: unknown) => error === reason;
        await assert.rejects(ask(ECHO, bytes(), { signal: AbortSignal.abort(reason) }), isReason);
        assert.equal(arrived, 0);
      }
      for (const [i, reason] of reasons.entries()) {
        const stop = new AbortController();
        const request = assert.rejects(ask(ECHO, bytes(), { signal: stop.signal }), (error) => error === reason);
        await eventually(() => arrived > i);
        stop.abort(reason);
        await request;
      }
      assert.deepEqual(await ask(ECHO, bytes(), { signal: new AbortController().signal }), bytes());
    });

    test("in flight together are answered each to its own asker, in any order", 3, async (net, a, b, c) => {
      await net.connect(0, 2);
      await net.connect(1, 2);
      const rng = createRng("delays");
      c?.onRequest(ECHO, async (from, body) => {
        await sleep(rng.below(20));
        return Uint8Array.of(net.ids.indexOf(from), ...body);
      });
      const asked = Array.from({ length: 64 }, async (_, i) => {
        const who = i % 2;
        const answer = await (who === 0 ? a : b)?.request(net.ids[2] as PeerId, ECHO, bytes(i, i, i));
        assert.deepEqual(answer, bytes(who, i, i, i));
      });
      await Promise.all(asked);
    });

    pair("hand over bytes that nobody shares", async (ask, answerer) => {
      const kept = bytes(5, 6);
      answerer.onRequest(ECHO, (_from, body) => {
        body.fill(9);
        return kept;
      });
      const request = bytes(1, 2, 3);
      const answer = await ask(ECHO, request);
      answer.fill(8);
      assert.deepEqual([request, kept], [bytes(1, 2, 3), bytes(5, 6)]);
    });
  });

  describe(`${kind} transport: connections`, () => {
    test("are told to both ends once, again after they were closed, and listed in order", 4, async (net, ...nodes) => {
      const told = nodes.map((node) => {
        const peers: number[] = [];
        node.onConnect((peer) => peers.push(net.ids.indexOf(peer)));
        return peers;
      });
      for (const j of [3, 1, 2]) await net.connect(0, j);
      await eventually(() => told[0]?.length === 3 && [1, 2, 3].every((j) => told[j]?.length === 1));
      assert.deepEqual(nodes[0]?.peers(), net.ids.slice(1).sort());
      assert.deepEqual(nodes[2]?.peers(), [net.ids[0]]);
      assert.deepEqual(told, [[3, 1, 2], [0], [0], [0]]);

      await net.disconnect(0, 1);
      assert.deepEqual(nodes[1]?.peers(), []);
      assert.equal(nodes[0]?.peers().length, 2);
      await net.connect(1, 0);
      await eventually(() => told[0]?.length === 4 && told[1]?.length === 2);
      assert.deepEqual(
        [told[0], told[1]],
        [
          [3, 1, 2, 1],
          [0, 0],
        ],
      );
    });

    test("to a peer that is blocked close, and stay closed from whichever end they are tried", 3, async (net, a, b) => {
      b?.onRequest(ECHO, (_from, body) => body);
      a?.onRequest(ECHO, (_from, body) => body);
      await net.connect(0, 1);
      await net.connect(0, 2);
      a?.block(net.ids[1] as PeerId);
      await eventually(() => b?.peers().length === 0 && a?.peers().length === 1);
      let toldAgain = 0;
      a?.onConnect(() => toldAgain++);
      await net.connect(1, 0).catch(() => {});
      await net.connect(0, 1).catch(() => {});
      await eventually(() => b?.peers().length === 0);
      await sleep(QUIET_MS);
      assert.deepEqual([b?.peers(), a?.peers(), toldAgain], [[], [net.ids[2]], 0]);
      await assert.rejects(async () => a?.request(net.ids[1] as PeerId, ECHO, bytes()), { code: "ERR_UNREACHABLE" });
      await assert.rejects(async () => b?.request(net.ids[0] as PeerId, ECHO, bytes()), { code: "ERR_UNREACHABLE" });
    });

    pair("count what goes over them, in and out", async (ask, answerer, net) => {
      answerer.onRequest(ECHO, () => new Uint8Array(50_000));
      const [before, beforeThere] = net.transports.map((node) => node.traffic());
      await ask(ECHO, new Uint8Array(8_000));
      const [after, there] = net.transports.map((node) => node.traffic());
      const grown = (from: Traffic | undefined, to: Traffic | undefined) => ({
        in: (to?.bytesIn ?? 0) - (from?.bytesIn ?? 0),
        out: (to?.bytesOut ?? 0) - (from?.bytesOut ?? 0),
      });
      const [asker, other] = [grown(before, after), grown(beforeThere, there)];
      assert.ok(
        asker.out >= 8_000 && asker.out < 28_000 && asker.in >= 50_000 && asker.in < 80_000,
        JSON.stringify(asker),
      );
      assert.ok(
        other.in >= 8_000 && other.in < 28_000 && other.out >= 50_000 && other.out < 80_000,
        JSON.stringify(other),
      );
    });
  });

  describe(`${kind} transport: dials`, () => {
    const told = (node: Transport | undefined, event: "onConnect" | "onDisconnect") => {
      const peers: PeerId[] = [];
      node?.[event]((peer) => peers.push(peer));
      return peers;
    };

    test("find who listens at an address, and open a connection of which both ends hear", 2, async (net, a, b) => {
      const [near, far] = net.ids as [PeerId, PeerId];
      const heard = [told(a, "onConnect"), told(b, "onConnect")];
      assert.deepEqual(await a?.dial(net.addressOf(1)), { peer: far, isThere: true });
      await eventually(() => heard[0]?.length === 1 && heard[1]?.length === 1);
      assert.deepEqual(heard, [[far], [near]]);
      b?.onRequest(ECHO, (_from, body) => body);
      assert.deepEqual(await a?.request(far, ECHO, bytes(1)), bytes(1));
      const [out, inbound] = [a?.connections(), b?.connections()];
      assert.deepEqual(
        out?.map(({ peer, isOutbound, address }) => ({ peer, isOutbound, address })),
        [{ peer: far, isOutbound: true, address: net.addressOf(1) }],
      );
      assert.deepEqual(
        inbound?.map(({ peer, isOutbound }) => ({ peer, isOutbound })),
        [{ peer: near, isOutbound: false }],
      );
    });

    test("of a peer that is connected give the connection that is there", 2, async (net, a, b) => {
      await net.connect(1, 0);
      const heard = [told(a, "onConnect"), told(b, "onConnect")];
      const dialled = await a?.dial(net.addressOf(1), { peer: net.ids[1] as PeerId });
      assert.deepEqual(dialled, { peer: net.ids[1], isThere: false });
      await sleep(QUIET_MS);
      assert.deepEqual([a?.connections().length, heard], [1, [[], []]]);
    });

    test("of its own address find the peer itself, and leave everything as it was", 2, async (net, a) => {
      const heard = [told(a, "onConnect"), told(a, "onDisconnect")];
      assert.deepEqual(await a?.dial(net.addressOf(0)), { peer: net.ids[0], isThere: true });
      await sleep(QUIET_MS);
      assert.deepEqual([a?.connections().length, heard], [0, [[], []]]);
    });

    test("that only ask whether a peer is there leave everything as it was", 2, async (net, a, b) => {
      const [peer] = net.ids.slice(1) as [PeerId];
      assert.deepEqual(await a?.dial(net.addressOf(1), { peer, probe: true }), { peer, isThere: true });
      await eventually(() => a?.connections().length === 0 && b?.connections().length === 0);
      await net.connect(1, 0);
      const heard = [told(a, "onConnect"), told(b, "onConnect"), told(a, "onDisconnect"), told(b, "onDisconnect")];
      assert.deepEqual(await a?.dial(net.addressOf(1), { peer, probe: true }), { peer, isThere: true });
      await eventually(() => a?.connections().length === 1 && b?.connections().length === 1);
      await sleep(QUIET_MS);
      assert.deepEqual([a?.connections()[0]?.isOutbound, ...heard], [false, [], [], [], []]);
    });

    test(
      "end with ERR_UNREACHABLE where another key is found, nobody is, an end has blocked the other, or it is no address",
      3,
      async (net, a, b) => {
        const [first, second, third] = net.ids as [PeerId, PeerId, PeerId];
        const refused = { code: "ERR_UNREACHABLE" };
        await assert.rejects(async () => a?.dial(net.addressOf(1), { peer: third }), refused);
        await assert.rejects(async () => a?.dial(net.addressOf(0), { peer: first }), refused, "itself");
        await assert.rejects(async () => a?.dial("nowhere"), refused);
        const address = net.addressOf(2);
        await net.remove(2);
        await assert.rejects(async () => a?.dial(address, { peer: third }), refused);
        b?.block(first);
        await assert.rejects(async () => b?.dial(net.addressOf(0), { peer: first }), refused);
        await a?.dial(net.addressOf(1), { peer: second }).catch(() => {}); // libp2p says so a moment later
        await eventually(() => a?.peers().length === 0 && b?.peers().length === 0);
      },
    );

    test("end with the reason of their signal, before and while they are made", 2, async (net, a) => {
      const reasons = [new HearsayError("ERR_TIMEOUT", "too slow"), new Error("any reason"), "no error at all"];
      for (const reason of reasons) {
        const isReason = (error: unknown) => error === reason;
        const dial = (signal: AbortSignal) => async () => a?.dial(net.addressOf(1), { signal });
        await assert.rejects(dial(AbortSignal.abort(reason)), isReason);
        const stop = new AbortController();
        const dialled = assert.rejects(dial(stop.signal), isReason);
        stop.abort(reason);
        await dialled;
      }
      assert.deepEqual(a?.peers(), []);
    });

    test(
      "are undone by closing the connection: both ends hear once that the last one has closed",
      3,
      async (net, a, b) => {
        await a?.dial(net.addressOf(1));
        await a?.dial(net.addressOf(2));
        await eventually(() => b?.peers().length === 1);
        const heard = [told(a, "onDisconnect"), told(b, "onDisconnect")];
        a?.connections()
          .find(({ peer }) => peer === net.ids[1])
          ?.close();
        await eventually(() => heard.every(({ length }) => length > 0));
        await sleep(QUIET_MS);
        assert.deepEqual(heard, [[net.ids[1]], [net.ids[0]]]);
        assert.deepEqual([a?.peers(), b?.peers()], [[net.ids[2]], []]);
      },
    );

    test("make each end tell where it listens, also who listens for that later", 3, async (net, a, b, c) => {
      const met: string[] = [];
      const meet = (who: string, node: Transport | undefined) =>
        node?.onMet(({ peer, isOutbound }, listens) => {
          const at = net.ids.indexOf(peer);
          if (listens.includes(net.addressOf(at))) met.push(`${who} ${isOutbound ? "dialled" : "met"} ${at}`);
        });
      meet("a", a);
      meet("b", b);
      await a?.dial(net.addressOf(1));
      await c?.dial(net.addressOf(0));
      await eventually(() => met.length === 3);
      assert.deepEqual(met.toSorted(), ["a dialled 1", "a met 2", "b met 0"]);
      meet("c", c);
      await eventually(() => met.includes("c dialled 0"));
    });
  });
}

type Asker = (protocol: string, request: Uint8Array, options?: { signal?: AbortSignal }) => Promise<Uint8Array>;
type Traffic = ReturnType<Transport["traffic"]>;

/** Subscribes all nodes; what each hears, as hexadecimal text. */
function listenAll(net: TestNetwork, judge: (node: number, from: PeerId, text: string) => Verdict): string[][] {
  return net.transports.map((node, i) => {
    const heard: string[] = [];
    node.onAnnounce(TOPIC, (from, body) => {
      const text = Buffer.from(body).toString("hex");
      heard.push(text);
      return judge(i, from, text);
    });
    return heard;
  });
}

async function connectAll(net: TestNetwork): Promise<void> {
  for (let i = 0; i < net.ids.length; i++) for (let j = 0; j < i; j++) await net.connect(i, j);
}

/** Waits until the condition holds; rejects if it does not in time. */
export async function eventually(holds: () => boolean, withinMs = 10_000): Promise<void> {
  const signal = AbortSignal.timeout(withinMs);
  while (!holds()) {
    signal.throwIfAborted();
    await sleep(5);
  }
}
