/** Models are pulled so late that they are just here when they are merged: what was published during one's own training counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../../../protocol/base/bytes.ts";
import { blobTask } from "../../../support/blobs.ts";
import { type Crowd, createCrowd, type Member, mergesOf } from "../../../support/crowd.ts";

const TRAIN_MS = 1000;
const LATENCY_MS = 10;
const QUICK_MS = 100;
/** Pulls take two ways each, in two waves; twice their time, the way of the announcement, and a cycle of the quick ones. */
const FRESH_MS = 2 * 2 * (2 * LATENCY_MS) + LATENCY_MS + QUICK_MS;

interface Scene {
  readonly crowd: Crowd;
  readonly slow: Member;
  /** When each model was published, by its hash. */
  readonly published: ReadonlyMap<string, number>;
  readonly fits: readonly (readonly [fromMs: number, toMs: number])[];
}

/** One peer that trains for a second and five that publish ten models in that time; nobody remembers models. */
async function scene(forMs: number, slowTrainMs: (fit: number) => number = () => TRAIN_MS): Promise<Scene> {
  const crowd = createCrowd({
    task: blobTask({ aggregation: { quorum: 2, memory: 0 } }),
    latencyMs: LATENCY_MS,
    minCycleMs: 1,
  });
  const { clock } = crowd.world;
  const published = new Map<string, number>();
  for (let i = 1; i <= 5; i++)
    await crowd.join(i, {
      trainMs: QUICK_MS - 7 * i,
      observe: (event) => event.kind === "published" && published.set(toHex(event.model), clock.now()),
    });
  const fits: [number, number][] = [];
  const slow = await crowd.join(0, {
    trainMs: 0,
    wrapTrainer: (trainer) => ({
      ...trainer,
      async fit(request) {
        const fromMs = clock.now();
        await new Promise<void>((resolve) => clock.after(slowTrainMs(fits.length), resolve));
        fits.push([fromMs, clock.now()]);
        return trainer.fit(request);
      },
    }),
  });
  await crowd.run(forMs);
  return { crowd, slow, published, fits };
}

test("a model that was published during one's training is merged at its end, with no older one and no wait", async () => {
  const { slow, published, fits } = await scene(9 * TRAIN_MS);
  const merges = (await mergesOf(slow)).slice(2); // before the first pull nobody knows how long one takes
  assert.ok(merges.length >= 5);
  for (const { tsMs, parents } of merges) {
    const [beganMs, endedMs] = fits.findLast(([, toMs]) => toMs <= tsMs) as [number, number];
    assert.equal(tsMs, endedMs, "the models are there when the training ends");
    assert.equal(parents.length, 5);
    for (const { model } of parents) {
      const atMs = published.get(toHex(model)) as number;
      assert.ok(atMs > beganMs, `published ${beganMs - atMs} ms before the training began`);
      assert.ok(tsMs - atMs <= FRESH_MS, `${tsMs - atMs} ms old`);
    }
  }
});

test("trainings that become longer or shorter by a tenth each time still end with a merge", async () => {
  const { slow, fits } = await scene(12 * TRAIN_MS, (fit) => TRAIN_MS * (fit % 2 === 0 ? 1.05 : 0.95));
  const merges = await mergesOf(slow);
  assert.ok(merges.length >= fits.length - 3, `${merges.length} merges after ${fits.length} trainings`);
});

test("one training that took long, as of a device that was suspended, does not cost the merges of those after it", async () => {
  const { slow, fits } = await scene(14 * TRAIN_MS, (fit) => (fit === 3 ? 5 * TRAIN_MS : TRAIN_MS));
  const after = fits.filter(([fromMs]) => fromMs >= 8 * TRAIN_MS - 1).map(([, toMs]) => toMs);
  const merges = (await mergesOf(slow)).filter(({ tsMs }) => tsMs > 8 * TRAIN_MS);
  assert.ok(after.length >= 5);
  assert.ok(merges.length >= after.length - 1, `${merges.length} merges after ${after.length} trainings`);
});
