import assert from "node:assert/strict";
import { test } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../../../node/crypto.ts";
import { floatsToBytes, toHex } from "../../../../protocol/base/bytes.ts";
import { CODECS } from "../../../../protocol/codec/registry.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { createWorld } from "../../../../sim/run/world.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";

for (const rule of ["median", "guarded-median"]) {
  test(`${rule}: from equal starts, after one cycle of every peer, no published model is the initial one`, async () => {
    const task = blobTask({ aggregation: { rule } });
    const taskId = nodeCrypto.sha256(encodeTask(task));
    const start = initialParams(task.tensors, task.seed);
    const codec = CODECS.get(task.codec)?.forLayout({ tensors: task.tensors, task: toHex(taskId) });
    assert.ok(codec);
    const initial = toHex(nodeCrypto.sha256(codec.encode(start)));
    const published: string[] = [];
    const world = createWorld({ task, seed: 1, crypto: nodeCrypto, latencyMs: 10 });
    const peers = [];
    for (let i = 0; i < 6; i++) {
      const identity = identityFromSeed(new Uint8Array(32).fill(i + 1));
      const observe = (event: { kind: string; model?: Uint8Array }) => {
        if (event.kind === "published" && event.model) published.push(toHex(event.model));
      };
      const trainMs = 100 + 30 * i;
      peers.push(await world.add({ identity, train: blobs(60, i), trainMs, minCycleMs: 1000, observe }));
    }
    await world.clock.run(10_000);
    assert.ok(
      peers.every(({ peer }) => peer.status().counters.merges >= 2),
      "every peer merged",
    );
    assert.ok(published.length >= 12);
    assert.ok(!published.includes(initial), "a peer published the common initial model");
    const moved = toHex(nodeCrypto.sha256(floatsToBytes(peers[0]?.peer.serving() ?? start)));
    assert.notEqual(moved, toHex(nodeCrypto.sha256(floatsToBytes(start))), "the aggregate left the start");
  });
}

for (const adaptive of [false, true])
  test(`of the first training ${adaptive ? "that only tells how long a step takes nobody hears" : "all hear where it has all steps"}`, async () => {
    const steps = 4;
    const task = blobTask({ training: { steps, ...(adaptive && { adaptive }) } });
    const ages: number[] = [];
    const world = createWorld({ task, seed: 1, crypto: nodeCrypto, latencyMs: 10 });
    const peers = [];
    for (let i = 0; i < 4; i++) {
      const identity = identityFromSeed(new Uint8Array(32).fill(i + 1));
      const observe = (event: { kind: string; age?: number }) => {
        if (event.kind === "published" && event.age !== undefined) ages.push(event.age);
      };
      peers.push(await world.add({ identity, train: blobs(60, i), trainMs: 100, minCycleMs: 1000, observe }));
    }
    await world.clock.run(10_000);
    assert.ok(peers.every(({ peer }) => peer.status().counters.merges >= 2));
    assert.equal(Math.min(...ages), adaptive ? 1 + steps : steps);
    for await (const entry of peers[0]?.peer.log.entries() ?? []) {
      if (entry.type !== "train") continue;
      assert.equal(entry.body.steps, adaptive ? 1 : steps, "the log says what was trained");
      break;
    }
  });
