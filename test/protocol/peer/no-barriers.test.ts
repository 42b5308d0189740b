import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { NewPeer } from "../../../sim/run/world.ts";
import { blobTask } from "../../support/blobs.ts";
import { createCrowd } from "../../support/crowd.ts";
import { silent } from "../../support/transports.ts";

interface Scene {
  readonly trainMs: readonly number[];
  readonly latencyMs: number;
  readonly forMs: number;
  /** What is wrong with the first peers. */
  readonly wrong?: readonly Partial<NewPeer>[];
  /** The first peer dies when the others have got going. */
  readonly dies?: boolean;
}

interface Rates {
  readonly cycles: number[];
  readonly merges: number[];
}

/** Cycles and merges of every peer but the first ones, of which something is wrong in some scenes. */
async function rates({ trainMs, latencyMs, forMs, wrong = [{}], dies = false }: Scene): Promise<Rates> {
  const crowd = createCrowd({ task: blobTask({ aggregation: { rule: "median" } }), minCycleMs: 10, latencyMs });
  for (const [i, ms] of trainMs.entries()) await crowd.join(i, { trainMs: ms, ...wrong[i] });
  const warmUpMs = 5 * (trainMs.at(-1) as number);
  await crowd.run(warmUpMs);
  const [first] = crowd.members;
  if (dies) {
    first?.peer.stop();
    for (const { peerId } of crowd.members) crowd.world.network.disconnect(first?.peerId ?? "", peerId);
  }
  const others = crowd.members.slice(wrong.length).map(({ peer }) => peer);
  const count = () => others.map((peer) => [peer.status().cycle, peer.status().counters.merges] as const);
  const start = count();
  await crowd.run(forMs);
  const grown = count().map(([cycle, merges], i) => [cycle - (start[i]?.[0] ?? 0), merges - (start[i]?.[1] ?? 0)]);
  return { cycles: grown.map(([cycles]) => cycles as number), merges: grown.map(([, merges]) => merges as number) };
}

const faults: [claim: string, fault: Partial<Scene>][] = [
  ["is 50 times slower", { wrong: [{ trainMs: 400 * 50 }] }],
  ["never answers", { wrong: [{ wrapTransport: silent }] }],
  ["dies", { dies: true }],
];

describe("where training takes longer than a pull", () => {
  const scene: Scene = { trainMs: [400, 425, 450, 475, 500, 525, 550, 575], latencyMs: 5, forMs: 20_000 };
  let calm: Rates = { cycles: [], merges: [] };
  before(async () => {
    calm = await rates(scene);
    assert.deepEqual(calm.merges, calm.cycles, "the undisturbed peers merge in every cycle");
  });

  for (const [claim, fault] of faults) {
    it(`one peer that ${claim} costs the others neither cycles nor merges`, async () => {
      const disturbed = await rates({ ...scene, ...fault });
      for (const kind of ["cycles", "merges"] as const) {
        for (const [i, count] of disturbed[kind].entries()) {
          const undisturbed = calm[kind][i] as number;
          assert.ok(count >= 0.97 * undisturbed - 1, `peer ${i + 1}: ${count} ${kind} in place of ${undisturbed}`);
        }
      }
    });
  }
});

it("equally fast peers do not wait at all, nor for one that never answers or died", async () => {
  const scene: Scene = { trainMs: Array(8).fill(400), latencyMs: 5, forMs: 20_000 };
  for (const fault of [{}, { wrong: [{ wrapTransport: silent }] }] satisfies Partial<Scene>[]) {
    const { cycles } = await rates({ ...scene, ...fault });
    assert.ok(Math.min(...cycles) >= 49, `${cycles} cycles of 400 ms in 20 s`);
  }
});

describe("where a pull takes half as long as a training", () => {
  const scene: Scene = { trainMs: [80, 85, 90, 95, 100, 105, 110, 115], latencyMs: 25, forMs: 4_000 };

  for (const [claim, fault] of faults) {
    it(`one peer that ${claim} makes no cycle of another longer than 1.5 trainings`, async () => {
      const { cycles } = await rates({ ...scene, ...fault });
      for (const [i, count] of cycles.entries()) {
        const trainMs = scene.trainMs[i + 1] as number;
        assert.ok(count >= scene.forMs / (1.5 * trainMs) - 2, `peer ${i + 1}: ${count} cycles of ${trainMs} ms`);
      }
    });
  }
});

it("four of twelve that never answer cannot hold all pulls of the others", async () => {
  const scene: Scene = { trainMs: Array(12).fill(1000), latencyMs: 5, forMs: 60_000 };
  const wrong = Array.from({ length: 4 }, () => ({ wrapTransport: silent }));
  const { cycles, merges } = await rates({ ...scene, wrong });
  for (const [i, count] of merges.entries()) {
    const total = cycles[i] as number;
    assert.ok(total > 55 && count > 0.75 * total, `${count} merges in ${total} cycles`); // found out once, after 10 s
  }
});
