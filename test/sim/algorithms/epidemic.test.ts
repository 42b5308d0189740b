import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { epidemic } from "../../../sim/algorithms/epidemic.ts";
import { start } from "./environment.ts";

describe("epidemic", () => {
  it("sends its model to s nodes in each round, and each receives s on average, but not always", async () => {
    const run = await start(epidemic, { fanout: 3 }, { peers: 12, seconds: 31 });
    await run.until(30 * 1020 + 10); // 30 rounds
    for (const learner of run.learners) assert.equal(learner.bytesOut(), 30 * 3 * run.messageBytes);
    const received = run.merges.map(({ parents }) => parents.length);
    assert.equal(
      received.reduce((sum, count) => sum + count, 0),
      30 * 12 * 3,
    );
    // binomial(11, 3/11): in 360 draws some node hears of nobody or of one, another of five or more
    assert.ok(Math.min(...received) <= 1 && Math.max(...received) >= 5);
  });

  it("averages what a node has trained with what it received, each with equal weight", async () => {
    const run = await start(epidemic, { fanout: 2 }, { peers: 5 });
    await run.until(1500);
    assert.equal(run.fits.length, 5);
    for (const { peer, parents } of run.merges) {
      const models = [peer, ...parents.map((parent) => parent.peer)].map(
        (id) => run.fits.find(({ index }) => run.ids[index] === id)?.params as Float32Array,
      );
      const own = run.learners[run.ids.indexOf(peer)]?.model() as Float32Array;
      for (const [i, value] of own.entries()) {
        const mean = models.reduce((sum, model) => sum + (model[i] as number), 0) / models.length;
        assert.ok(Math.abs(value - mean) < 1e-6);
      }
    }
  });

  it("sends to all neighbours where it has fewer than s", async () => {
    const run = await start(epidemic, { fanout: 7 }, { peers: 4, links: (a, b) => Math.abs(a - b) === 1 });
    await run.until(1500);
    assert.deepEqual(
      run.learners.map((learner) => learner.bytesOut() / run.messageBytes),
      [1, 2, 2, 1],
    );
  });

  it("lets a round last until the slowest has trained", async () => {
    const run = await start(epidemic, {}, { trainMs: (index) => (index === 0 ? 2000 : 1000) });
    await run.until();
    assert.ok(run.learners.every((learner) => learner.cycles() === 4 || learner.cycles() === 5));
  });

  it("ends a round after three median trainings where a node is slower, or its messages are lost", async () => {
    const slow = await start(epidemic, {}, { peers: 4, trainMs: (index) => (index === 0 ? 7000 : 1000), seconds: 12 });
    await slow.until();
    assert.deepEqual(
      slow.learners.map((learner) => learner.cycles()),
      [1, 5, 5, 5],
    );
    assert.ok(
      slow.merges.some(({ parents }) => parents.some(({ peer }) => peer === slow.ids[0])),
      "what the slow node sends counts in the round in which it is done",
    );
    const silent = await start(epidemic, {}, { peers: 4, loses: (from) => from === 0, seconds: 12 });
    await silent.until();
    assert.deepEqual(
      silent.learners.map((learner) => learner.cycles()),
      [4, 4, 4, 4],
    );
  });

  it("does not wait for a device that is off, and takes it in when it is back", async () => {
    const run = await start(epidemic, {}, { peers: 3, seconds: 20 });
    await run.until(2500);
    run.off(0);
    await run.until(10_000);
    assert.equal(run.learners[0]?.cycles(), 2);
    assert.ok((run.learners[1]?.cycles() ?? 0) >= 7);
    await run.on(0);
    await run.until();
    assert.ok((run.learners[0]?.cycles() ?? 0) >= 9);
    assert.equal(run.merges.at(-1)?.parents.length, 2);
  });
});
