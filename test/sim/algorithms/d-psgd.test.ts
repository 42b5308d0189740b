import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dPsgd } from "../../../sim/algorithms/d-psgd.ts";
import { type Run, start } from "./environment.ts";

const path = (a: number, b: number) => Math.abs(a - b) === 1;

/** What node `index` trained in its nth round. */
function fitOf(run: Run, index: number, nth: number): Float32Array {
  return run.fits.filter((fit) => fit.index === index)[nth]?.params as Float32Array;
}

function near(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from(a).every((value, i) => Math.abs(value - (b[i] as number)) < 1e-5);
}

describe("d-psgd", () => {
  it("mixes trained models by the Metropolis weights of the links", async () => {
    const run = await start(dPsgd, {}, { peers: 3, links: path });
    await run.until(1500);
    const [a, b, c] = [0, 1, 2].map((index) => fitOf(run, index, 0)) as [Float32Array, Float32Array, Float32Array];
    const [x, y, z] = run.learners.map((learner) => learner.model()) as [Float32Array, Float32Array, Float32Array];
    assert.ok(
      near(
        x,
        a.map((value, i) => (2 * value + (b[i] as number)) / 3),
      ),
    );
    assert.ok(
      near(
        y,
        b.map((value, i) => ((a[i] as number) + value + (c[i] as number)) / 3),
      ),
    );
    assert.ok(
      near(
        z,
        c.map((value, i) => (2 * value + (b[i] as number)) / 3),
      ),
    );
  });

  it("waits for the neighbours, and only for them", async () => {
    // 0 - 1 - 2 - 3 - 4, and 4 takes twice as long: it holds 3 up in its first round, 2 in its second ...
    const run = await start(dPsgd, {}, { peers: 5, links: path, trainMs: (index) => (index === 4 ? 2000 : 1000) });
    await run.until();
    const firstFits = (index: number) => run.fits.filter((fit) => fit.index === index).map(({ atMs }) => atMs);
    assert.deepEqual(firstFits(4).slice(0, 3), [2000, 4000, 6000]);
    assert.deepEqual(firstFits(3).slice(0, 3), [1000, 3020, 5020]);
    assert.deepEqual(firstFits(1).slice(0, 3), [1000, 2020, 3040]);
    const counts = run.learners.map((learner) => learner.cycles());
    for (let i = 1; i < 5; i++)
      assert.ok(Math.abs((counts[i] as number) - (counts[i - 1] as number)) <= 1, `${counts}`);
    for (const { parents } of run.merges) assert.ok(parents.length >= 1);
  });

  it("uses models of the same round only, though neighbours may be one ahead", async () => {
    const run = await start(dPsgd, {}, { peers: 4, links: path, trainMs: (index) => 900 + 100 * index, seconds: 20 });
    await run.until();
    // with doubly stochastic weights the mean of all models after round r is the mean of what was trained in it
    const rounds = Math.min(...run.learners.map((learner) => learner.cycles())) - 1;
    assert.ok(rounds > 10);
    const starts = [0, 1, 2, 3].map((index) => run.fits.filter((fit) => fit.index === index));
    for (let round = 1; round < rounds; round++) {
      const before = [0, 1, 2, 3].map((index) => starts[index]?.[round - 1]?.params as Float32Array);
      const after = [0, 1, 2, 3].map((index) => starts[index]?.[round]?.request.params as Float32Array);
      const sum = (models: Float32Array[], i: number) =>
        models.reduce((total, model) => total + (model[i] as number), 0);
      for (let i = 0; i < run.initial.length; i++) assert.ok(Math.abs(sum(before, i) - sum(after, i)) < 1e-4);
    }
  });

  it("sends one model to each neighbour in a round", async () => {
    const run = await start(dPsgd, {}, { peers: 4, links: path });
    await run.until(5500); // five rounds
    assert.deepEqual(
      run.learners.map((learner) => learner.bytesOut() / run.messageBytes),
      [5, 10, 10, 5],
    );
  });

  it("goes on without a silent neighbour after three median trainings; the weight stays with its own model", async () => {
    const run = await start(dPsgd, {}, { peers: 3, links: path, loses: (from) => from === 2, seconds: 10 });
    await run.until(3001);
    const [a, b] = [0, 1].map((index) => fitOf(run, index, 0)) as [Float32Array, Float32Array];
    assert.ok(
      near(
        run.learners[1]?.model() ?? [],
        b.map((value, i) => (2 * value + (a[i] as number)) / 3),
      ),
    );
    await run.until();
    assert.deepEqual(
      run.learners.map((learner) => learner.cycles()),
      [4, 4, 4], // at 1, 4, 7 and 10 s, or a little later
    );
  });

  it("takes a node back that was off, in the round of the others", async () => {
    const run = await start(dPsgd, {}, { peers: 3, seconds: 30 });
    await run.until(2500);
    run.off(0);
    await run.until(15_000);
    assert.equal(run.learners[0]?.cycles(), 2);
    assert.ok((run.learners[1]?.cycles() ?? 0) >= 10); // at most one deadline is lost
    await run.on(0);
    const before = run.merges.length;
    await run.until();
    const late = run.merges.slice(before);
    assert.ok(late.some(({ peer, parents }) => peer === run.ids[0] && parents.length === 2));
    assert.ok(late.some(({ peer, parents }) => peer !== run.ids[0] && parents.length === 2));
  });
});
