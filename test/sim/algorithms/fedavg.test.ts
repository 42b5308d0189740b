import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { weightedSum } from "../../../sim/algorithms/average.ts";
import { fedavg, SERVER } from "../../../sim/algorithms/fedavg.ts";
import { start } from "./environment.ts";

describe("fedavg", () => {
  it("takes the mean of what its clients trained from the same model", async () => {
    const run = await start(fedavg);
    await run.until(1500);
    assert.equal(run.fits.length, 6);
    const mean = new Float64Array(run.initial.length);
    for (const { request, params } of run.fits) {
      assert.deepEqual(request.params, run.initial);
      for (const [i, value] of params.entries()) mean[i] = (mean[i] as number) + value / 6;
    }
    const global = run.learners[0]?.model() as Float32Array;
    assert.ok(global.every((value, i) => Math.abs(value - (mean[i] as number)) < 1e-6));
    assert.ok(run.learners.every((learner) => learner.model() === global && learner.current() === global));
  });

  it("weighs each client by its number of examples", async () => {
    const rows = (index: number) => [10, 20, 30][index] as number;
    const run = await start(fedavg, {}, { peers: 3, rows });
    await run.until(1500);
    const sorted = run.fits.toSorted((a, b) => ((run.ids[a.index] as string) < (run.ids[b.index] as string) ? -1 : 1));
    const expected = weightedSum(
      sorted.map(({ params }) => params),
      sorted.map(({ index }) => rows(index) / 60),
    );
    assert.deepEqual(run.learners[0]?.model(), expected);
    assert.deepEqual(
      run.merges[0]?.parents.map(({ weight }) => weight),
      sorted.map(({ index }) => rows(index) / 30),
    );
  });

  it("begins a round when the slowest client is back, and counts both ways at the client", async () => {
    const run = await start(fedavg, {}, { peers: 3, trainMs: (index) => 1000 + 500 * index });
    await run.until(4 * 2040 + 10); // one way, 2 s, the way back
    for (const learner of run.learners) {
      assert.equal(learner.cycles(), 4);
      assert.equal(learner.bytesOut(), 9 * run.messageBytes); // and the model of round 5
    }
    assert.deepEqual(
      run.merges.map(({ peer, parents }) => [peer, parents.length]),
      new Array(4).fill([SERVER, 3]),
    );
  });

  it("asks a share of the clients in a round, others in the next", async () => {
    const run = await start(fedavg, { clientsPerRound: 0.3 }, { peers: 10, seconds: 20 });
    await run.until();
    const counts = run.merges.map(({ parents }) => parents.length);
    assert.ok(counts.length >= 19 && counts.every((count) => count === 3));
    assert.ok(run.learners.every((learner) => learner.cycles() > 0));
  });

  it("goes on without a silent client after three median trainings", async () => {
    const run = await start(fedavg, {}, { peers: 4, loses: (from) => from === 2, seconds: 10 });
    await run.until();
    assert.deepEqual(
      run.merges.map(({ parents }) => parents.length),
      [3, 3, 3],
    );
    assert.ok(run.merges.every(({ parents }) => parents.every(({ peer }) => peer !== run.ids[2])));
    assert.equal(run.learners[2]?.cycles(), 3);
  });

  it("does not stand still when nobody is there, and takes in who comes back", async () => {
    const run = await start(fedavg, {}, { peers: 2, seconds: 20 });
    await run.until(500);
    run.off(0);
    run.off(1);
    await run.until(8000);
    assert.equal(run.merges.length, 0);
    await run.on(1);
    await run.until();
    assert.ok(run.merges.length > 0);
    assert.ok(run.merges.every(({ parents }) => parents.length === 1));
    assert.equal(run.learners[0]?.cycles(), 0);
  });
});
