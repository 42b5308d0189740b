import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wallClock } from "../../../node/clock.ts";
import { nodeCrypto } from "../../../node/crypto.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { addressOf } from "../../../sim/network/addresses.ts";
import { constantLatency } from "../../../sim/network/conditions.ts";
import { createNetwork } from "../../../sim/network/network.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { transportConformance } from "../../conformance/transport.ts";

transportConformance("memory", async (n) => {
  const network = createNetwork({ clock: wallClock, crypto: nodeCrypto, conditions: constantLatency(1) });
  const ids = Array.from({ length: n }, (_, i) => `peer-${i}`);
  const at = (i: number) => ids[i] as string;
  return {
    ids,
    transports: ids.map((id) => network.join(id)),
    connect: async (i, j) => network.connect(at(i), at(j)),
    disconnect: async (i, j) => network.disconnect(at(i), at(j)),
    addressOf: (i) => addressOf(at(i)),
    remove: async (i) => network.leave(at(i)),
    ready: async () => {},
    close: async () => {},
  };
});

describe("memory network on a virtual clock", () => {
  function twoNodes(latencyMs: number) {
    const clock = createVirtualClock();
    const network = createNetwork({ clock, crypto: nodeCrypto, conditions: constantLatency(latencyMs) });
    const [a, b] = [network.join("a"), network.join("b")];
    network.connect("a", "b");
    return { clock, network, a, b };
  }

  it("answers after twice the latency", async () => {
    const { clock, a, b } = twoNodes(40);
    b.onRequest("/p", (_from, body) => body);
    let answeredMs: number | undefined;
    void a.request("b", "/p", new Uint8Array(1)).then(() => {
      answeredMs = clock.now();
    });
    await clock.run(1000);
    assert.equal(answeredMs, 80);
  });

  it("gives a peer that never answers up with ERR_TIMEOUT, after LIMITS.requestTimeoutMs", async () => {
    const { clock, a, b } = twoNodes(40);
    b.onRequest("/p", () => new Promise(() => {}));
    let failedMs: number | undefined;
    const request = assert.rejects(a.request("b", "/p", new Uint8Array(1)), (error: { code?: string }) => {
      failedMs = clock.now();
      return error.code === "ERR_TIMEOUT";
    });
    await clock.run(60_000);
    await request;
    assert.equal(failedMs, LIMITS.requestTimeoutMs);
  });

  it("loses what is under way when the connection breaks", async () => {
    const { clock, network, a, b } = twoNodes(40);
    let heard = 0;
    b.onAnnounce("/t", () => {
      heard++;
      return { verdict: "accept" };
    });
    await a.announce("/t", Uint8Array.of(1));
    network.disconnect("a", "b");
    await clock.run(1000);
    assert.equal(heard, 0);
  });

  it("takes the connections of a node away when it starts afresh, and gives it new ones, but none to itself", async () => {
    const { clock, network, a, b } = twoNodes(1);
    b.onRequest("/p", () => new Promise(() => {}));
    const request = assert.rejects(a.request("b", "/p", new Uint8Array(1)), { code: "ERR_UNREACHABLE" });
    await clock.run(10);
    const again = network.join("b");
    await request;
    assert.deepEqual([a.peers(), again.peers()], [[], []]);
    const greeted: string[] = [];
    again.onConnect((peer) => greeted.push(peer));
    network.connect("b", "b");
    network.connect("b", "a");
    network.connect("a", "b");
    assert.deepEqual([a.peers(), again.peers(), greeted], [["b"], ["a"], ["a"]]);
  });
});
