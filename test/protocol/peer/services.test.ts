import assert from "node:assert/strict";
import { it } from "node:test";
import type { Verdict } from "../../../protocol/base/seams.ts";
import { registerServices, type Service } from "../../../protocol/peer/services.ts";
import { blobTask } from "../../support/blobs.ts";
import { createCrowd } from "../../support/crowd.ts";

it("what a peer serves and hears is registered at once, and withdrawn once it stops", () => {
  const here = new Set<string>();
  const transport = {
    onAnnounce: (topic: string) => void here.add(topic),
    onRequest: (protocol: string) => void here.add(protocol),
    telling: {
      onTold: (topic: string) => void here.add(topic),
      tell() {},
      passOn: async () => {},
    },
    withdraw: (name: string) => void here.delete(name),
  };
  const services: Service[] = [
    { topic: "/t", handle: (): Verdict => ({ verdict: "accept" }) },
    { protocol: "/p", handle: (_from: string, body: Uint8Array) => body },
    { told: "/n", handle: (): Verdict => ({ verdict: "accept" }) },
  ];
  const ending = new AbortController();
  registerServices(transport, services, ending.signal);
  assert.deepEqual([...here], ["/t", "/p", "/n"]);
  ending.abort();
  assert.deepEqual([...here], []);
});

it("a peer that stopped answers nobody, and its neighbours learn on", async () => {
  const crowd = createCrowd({ task: blobTask() });
  const [stopped, other] = [await crowd.join(0), await crowd.join(1)];
  await crowd.run(3_000);
  stopped.peer.stop();
  const { merges, published } = other.peer.status().counters;
  await crowd.run(20_000);
  const { counters } = other.peer.status();
  assert.ok(counters.published > published + 10, "it trains on");
  assert.ok(counters.merges <= merges + 9, "with the models that it had, until they are too old");
});
