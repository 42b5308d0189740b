import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { centralised } from "../../../sim/algorithms/centralised.ts";
import { local } from "../../../sim/algorithms/local.ts";
import { start } from "./environment.ts";

describe("local", () => {
  it("equals training alone, one training after the other at the speed of the device", async () => {
    const run = await start(local, {}, { peers: 2, trainMs: (index) => (index === 0 ? 1000 : 2500) });
    const [quick, slow] = run.learners;
    await run.until();
    assert.deepEqual([quick?.cycles(), slow?.cycles()], [10, 4]);
    for (const [index, learner] of run.learners.entries()) {
      let params = run.initial;
      const { trainer } = run.environment.participants[index] as (typeof run.environment.participants)[number];
      for (let cycle = 0; cycle < learner.cycles(); cycle++) {
        const seed = `${run.task.seed}/${run.ids[index]}/${5 * cycle}/${cycle}`;
        ({ params } = await trainer.fit({ params, steps: 5, seed }));
      }
      assert.deepEqual(learner.model(), params);
      assert.equal(learner.bytesOut(), 0);
    }
    assert.equal(run.trained.length, 14);
  });

  it("does local epochs where it is asked to", async () => {
    const run = await start(local, { epochs: 3 }, { peers: 2, seconds: 1, rows: (index) => (index === 0 ? 20 : 10) });
    await run.until();
    assert.deepEqual(
      run.fits.map(({ request: { steps, forSite } }) => [steps, forSite]),
      [
        [6, true], // batches of 16
        [3, true],
      ],
    );
  });

  it("rests while its device is off, and loses the training that was under way", async () => {
    const run = await start(local, {}, { peers: 1, seconds: 10 });
    await run.until(2500);
    run.off(0);
    await run.until(6200);
    await run.on(0);
    await run.until();
    assert.deepEqual(
      run.fits.map(({ atMs }) => atMs),
      [1000, 2000, 7200, 8200, 9200],
    );
  });

  it("reports of honest participants only", async () => {
    const run = await start(local, {}, { peers: 2, honest: (index) => index === 0 });
    await run.until();
    assert.deepEqual([...new Set(run.trained)], [run.ids[0]]);
  });
});

describe("centralised", () => {
  it("is one model for all, trained on all rows with the steps of one peer", async () => {
    const run = await start(centralised, {}, { peers: 3, seconds: 4 });
    await run.until();
    let params = run.initial;
    for (let cycle = 0; cycle < 4; cycle++) {
      const seed = `${run.task.seed}/centralised/${5 * cycle}/${cycle}`;
      ({ params } = await run.environment.pooled.fit({ params, steps: 5, seed }));
    }
    for (const learner of run.learners) {
      assert.deepEqual(learner.model(), params);
      assert.deepEqual([learner.cycles(), learner.bytesOut()], [4, 0]);
    }
  });

  it("takes as many steps or passes as it is told", async () => {
    const models = [];
    for (const given of [{ steps: 12 }, { epochs: 3 }, { steps: 5, epochs: 3 }]) {
      const run = await start(centralised, given, { peers: 3, seconds: 2 }); // 60 rows, 4 batches
      await run.until();
      models.push(run.learners[0]?.model());
    }
    assert.deepEqual(models[0], models[1]);
    assert.deepEqual(models[0], models[2]);
  });
});
