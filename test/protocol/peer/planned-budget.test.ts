/** A budget that is planned with: it slows who has somebody to talk to, and nobody who is alone. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { createPlanned } from "../../../protocol/traffic/planned.ts";
import { constantLatency } from "../../../sim/network/conditions.ts";
import { createNetwork } from "../../../sim/network/network.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { startPeer } from "../../../sim/seams/peer.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { blobs, blobTask } from "../../support/blobs.ts";

const DAY_MS = 86_400_000;

it("a peer that plans with a budget trains at its pace while it is alone, and slower once it has a neighbour", async () => {
  const task = blobTask({ aggregation: { rule: "median", inboxSize: 1, quorum: 1 } });
  const clock = createVirtualClock();
  const network = createNetwork({ clock, crypto: nodeCrypto, conditions: constantLatency(5) });
  const peers = await Promise.all(
    [1, 2].map(async (number) => {
      const identity = identityFromSeed(new Uint8Array(32).fill(number));
      const transport = network.join(identity.peerId);
      const planned = createPlanned(clock, { bytes: 1e6, perMs: DAY_MS });
      const { peer } = await startPeer({
        ...{ task, crypto: nodeCrypto, identity, transport, store: createMemoryStore(), minCycleMs: 10 },
        ...{ clock: clock.of(network.numberOf(identity.peerId)), rng: createRng(number), trainMs: () => 10 },
        ...{ trainer: createDenseTrainer({ task, train: blobs(40, number) }), spending: () => planned },
      });
      return { peer, id: identity.peerId };
    }),
  );
  const cycles = () => peers.map(({ peer }) => peer.status().cycle);
  await clock.run(2000);
  for (const cycle of cycles()) assert.ok(cycle > 100, `${cycle} cycles alone`);
  const [first, second] = peers;
  network.connect(first?.id ?? "", second?.id ?? "");
  await clock.run(10_000);
  const before = cycles();
  await clock.run(70_000);
  for (const [i, cycle] of cycles().entries())
    assert.ok(cycle - (before[i] ?? 0) < 600, `${cycle - (before[i] ?? 0)} cycles in a minute, where 6,000 would fit`);
});
