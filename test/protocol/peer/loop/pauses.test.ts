/** A peer that pauses its training, or its exchange, among peers that do not. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { Pause } from "../../../../protocol/peer/loop/pauses.ts";
import { createCrowd } from "../../../support/crowd.ts";

const SECOND_MS = 1000;

async function scene() {
  const crowd = createCrowd();
  let paused: readonly Pause[] = [];
  for (let i = 0; i < 3; i++) await crowd.join(i);
  const { peer } = await crowd.join(3, { pauses: () => paused });
  await crowd.run(5 * SECOND_MS);
  const figures = () => {
    const { cycle, counters, bytesIn } = peer.status();
    const trained = peer.log.head().size;
    return { cycle, merges: counters.merges, published: counters.published, bytesIn, entries: trained };
  };
  return {
    crowd,
    peer,
    figures,
    pause: (stops?: Pause["stops"]) => (paused = stops ? [{ stops, because: "a test" }] : []),
  };
}

it("a peer whose training is paused publishes nothing, and merges what others publish", async () => {
  const { crowd, peer, figures, pause } = await scene();
  pause("training");
  await crowd.run(2 * SECOND_MS); // a training that was under way
  const before = figures();
  await crowd.run(10 * SECOND_MS);
  const after = figures();
  assert.equal(after.published, before.published);
  assert.ok(after.merges > before.merges + 3, `${after.merges - before.merges} merges`);
  assert.deepEqual(peer.status().pauses, [{ stops: "training", because: "a test" }]);
  pause();
  await crowd.run(5 * SECOND_MS);
  assert.ok(figures().published > after.published);
  assert.deepEqual(peer.status().pauses, []);
});

it("a peer whose exchange is paused trains on, and neither pulls nor announces", async () => {
  const { crowd, figures, pause } = await scene();
  pause("exchange");
  await crowd.run(2 * SECOND_MS); // what was under way
  const before = figures();
  await crowd.run(10 * SECOND_MS);
  const after = figures();
  assert.deepEqual([after.published, after.merges], [before.published, before.merges]);
  assert.ok(after.cycle > before.cycle + 3 && after.entries > before.entries + 3, "its trainings stand in its log");
  pause();
  await crowd.run(5 * SECOND_MS);
  assert.ok(figures().published > after.published && figures().merges > after.merges);
});
