/** A peer that was away while others took 10,000 steps: stopped and started again, or asleep with its memory as it was. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { lowerMedian } from "../../../protocol/aggregate/staleness.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { type Crowd, createCrowd, type Member, mergesOf } from "../../support/crowd.ts";

const STEPS = 250;
const AWAY_STEPS = 10_000;
const MINUTES_AWAY_MS = (AWAY_STEPS / STEPS) * 1000;
const task = blobTask({ training: { steps: STEPS, batch: 16, learningRate: 0.01, adaptive: true } });
const holdout = blobs(300, 777);

async function scene(wrapTrainer?: (trainer: Trainer, crowd: Crowd) => Trainer) {
  const crowd = createCrowd({ task });
  for (let i = 0; i < 5; i++) await crowd.join(i, { holdout });
  const one = await crowd.join(5, { holdout, ...(wrapTrainer && { wrapTrainer: (own) => wrapTrainer(own, crowd) }) });
  await crowd.run(4_000);
  return { crowd, others: crowd.members.slice(0, 5), one };
}

/** Ages and models after the second merge since then. */
async function assertBack(crowd: Crowd, others: readonly Member[], one: Member, mergesBefore: number): Promise<void> {
  for (let i = 0; i < 300 && (await mergesOf(one)).length < mergesBefore + 2; i++) await crowd.run(100);
  const merges = (await mergesOf(one)).slice(mergesBefore);
  assert.equal(merges.length, 2);
  const age = lowerMedian(others.map(({ peer }) => peer.status().age));
  assert.ok(Math.abs(one.peer.status().age - age) <= 2 * STEPS, `age ${one.peer.status().age} of ${age}`);
  const apart = (a: Member, b: Member) =>
    Math.hypot(...a.peer.current().map((value, i) => value - (b.peer.current()[i] as number)));
  const [first, ...rest] = others as [Member, ...Member[]];
  const widest = Math.max(...rest.map((other) => apart(first, other)));
  assert.ok(apart(one, first) <= 2 * widest, `${apart(one, first)} apart, others ${widest}`);
}

it("a peer that was stopped for 10,000 steps is back with its second merge", async () => {
  const { crowd, others, one } = await scene();
  one.kill();
  await crowd.run(MINUTES_AWAY_MS);
  const merges = (await mergesOf(one)).length;
  const configured = others.map(({ peerId }) => peerId);
  const again = await crowd.join(5, { holdout, store: one.store, configured });
  const age = again.peer.status().age;
  assert.ok((others[0] as Member).peer.status().age - age > 0.9 * AWAY_STEPS);
  await assertBack(crowd, others, again, merges);
});

it("a peer that slept for 10,000 steps is back with its second merge", async () => {
  let isAsleep = false;
  const { crowd, others, one } = await scene((trainer, { world }) => ({
    ...trainer,
    async fit(request) {
      if (isAsleep) await new Promise<void>((resolve) => world.clock.after(MINUTES_AWAY_MS, resolve));
      isAsleep = false;
      return trainer.fit(request);
    },
  }));
  isAsleep = true;
  for (const { peerId } of others) crowd.world.network.disconnect(one.peerId, peerId);
  await crowd.run(MINUTES_AWAY_MS);
  const merges = (await mergesOf(one)).length;
  for (const { peerId } of others) crowd.world.network.connect(one.peerId, peerId);
  assert.ok((others[0] as Member).peer.status().age - one.peer.status().age > 0.9 * AWAY_STEPS);
  await assertBack(crowd, others, one, merges);
});
