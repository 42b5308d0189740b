/** A peer that was not told at the time hears later that a key has ended. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { retellEnds } from "../../../node/keys/farewell.ts";
import type { HearsayNode } from "../../../node/net/libp2p.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { until } from "../../support/process.ts";

const TOPIC = "/hearsay/00/evidence/1";
const EVIDENCE = new Uint8Array([1, 2, 3]);

let stateDir: string;
before(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "hearsay-farewell-"));
  await mkdir(join(stateDir, "former", "old-peer"), { recursive: true });
});
after(() => rm(stateDir, { recursive: true }));

/** As much of a node as publishing takes. */
function stage() {
  const listeners: string[] = [];
  const published: [string, Uint8Array][] = [];
  const streamsOutbound = new Map<string, unknown>();
  const pubsub = {
    streamsOutbound,
    getSubscribers: (topic: string) => (topic === TOPIC ? listeners : []),
    publish: async (topic: string, bytes: Uint8Array) => void published.push([topic, bytes]),
  };
  return { node: { services: { pubsub } } as unknown as HearsayNode, listeners, streamsOutbound, published };
}

describe("the end of a former key", () => {
  it("is told once more by the peer that followed it, as soon as anybody listens", async () => {
    const store = createMemoryStore();
    await store.write([
      { key: "evidence/old-peer", value: EVIDENCE },
      { key: "evidence/somebody-else", value: new Uint8Array(9) },
    ]);
    const { node, listeners, streamsOutbound, published } = stage();
    const stop = await retellEnds(stateDir, store, node, TOPIC);
    listeners.push("a neighbour"); // it has said what it hears, and the way to it is not open yet
    await sleep(4500);
    assert.deepEqual(published, [], "it would be lost");
    streamsOutbound.set("a neighbour", {});
    await until("it is told", () => (published.length > 0 ? true : undefined));
    stop();
    assert.deepEqual(published, [[TOPIC, EVIDENCE]]);
  });

  it("is not told by a peer that stops first, nor where no key was replaced", async () => {
    const { node, listeners, streamsOutbound, published } = stage();
    listeners.push("a neighbour");
    streamsOutbound.set("a neighbour", {});
    const store = createMemoryStore();
    await store.write([{ key: "evidence/old-peer", value: EVIDENCE }]);
    (await retellEnds(stateDir, store, node, TOPIC))();
    const stop = await retellEnds(join(stateDir, "none"), store, node, TOPIC);
    await sleep(2500);
    stop();
    assert.deepEqual(published, []);
  });
});
