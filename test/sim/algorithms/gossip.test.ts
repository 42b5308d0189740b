import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ageShare, gossip, mergeModels } from "../../../sim/algorithms/gossip.ts";
import { type Run, start } from "./environment.ts";

describe("the merge of gossip learning", () => {
  it("weighs by age: a = t_r / (t + t_r)", () => {
    assert.equal(ageShare(30, 10), 0.25);
    assert.equal(ageShare(10, 30), 0.75);
    assert.equal(ageShare(7, 0), 0);
    assert.equal(ageShare(0, 7), 1);
    assert.equal(ageShare(0, 0), 0.5);
  });

  it("is (1 - a) x + a x_r, and leaves both as they are", () => {
    const [own, received] = [Float32Array.of(1, 2), Float32Array.of(5, -2)];
    assert.deepEqual(mergeModels(own, received, 0.25), Float32Array.of(2, 1));
    assert.deepEqual([own, received], [Float32Array.of(1, 2), Float32Array.of(5, -2)]);
  });
});

describe("gossip", () => {
  /** The parents of a training: own model before it and the model received, as the formula has them. */
  function checkMerges(run: Run, share: (own: number, received: number) => number): void {
    const history = run.ids.map(() => [{ params: run.initial, age: 0 }]);
    let merges = 0;
    for (const { index, request, params } of run.fits) {
      const own = history[index]?.at(-1);
      if (own === undefined) throw new Error("a fit of nobody");
      const age = Number(request.seed.split("/").at(-2));
      const candidates = history.flatMap((models, other) => (other === index ? [] : models.slice(1)));
      const wanted = [own, ...candidates].some(({ params: theirs, age: theirAge }, i) => {
        const a = i === 0 ? 0 : share(own.age, theirAge);
        if (age !== Math.max(own.age, i === 0 ? 0 : theirAge)) return false;
        if (i > 0) merges++;
        const same = request.params.every(
          (value, j) => Math.abs(value - ((1 - a) * (own.params[j] as number) + a * (theirs[j] as number))) < 1e-6,
        );
        if (!same && i > 0) merges--;
        return same;
      });
      assert.ok(wanted, `a training began from no merge of two known models`);
      history[index]?.push({ params, age: age + 5 });
    }
    assert.ok(merges > 20);
  }

  const unequal = { peers: 4, trainMs: (index: number) => 600 + 300 * index, seconds: 20 };

  it("merges by age what it receives, and then trains", async () => {
    const run = await start(gossip, {}, unequal);
    await run.until();
    checkMerges(run, ageShare);
  });

  it("averages where it is told to", async () => {
    const run = await start(gossip, { merge: "average" }, unequal);
    await run.until();
    checkMerges(run, () => 0.5);
    for (const { parents } of run.merges) assert.deepEqual([parents.length, parents[0]?.weight], [1, 1]);
  });

  it("sends its model once a period to one neighbour", async () => {
    const run = await start(gossip, {}, { peers: 6, seconds: 50 });
    await run.until();
    for (const learner of run.learners) {
      const sent = learner.bytesOut() / run.messageBytes;
      assert.ok(sent === 49 || sent === 50, `${sent}`); // nothing before the first training has ended
    }
  });

  it("sends less often where the period is several trainings", async () => {
    const run = await start(gossip, { period: 5 }, { peers: 6, seconds: 50 });
    await run.until();
    for (const learner of run.learners) {
      const sent = learner.bytesOut() / run.messageBytes;
      assert.ok(sent === 9 || sent === 10, `${sent}`); // whose first period starts before the first training has ended sends 9
    }
  });

  it("trains once for each model received, up to what the device can", async () => {
    const quick = await start(gossip, {}, { peers: 6, seconds: 50, trainMs: () => 10 });
    await quick.until();
    const received = quick.learners.reduce((sum, { bytesOut }) => sum + bytesOut() / quick.messageBytes, 0);
    assert.ok(Math.abs(quick.trained.length - 6 - received) <= 6); // one each at the start; some is on its way at the end
    const slow = await start(gossip, {}, { peers: 6, seconds: 50, trainMs: (index) => (index === 0 ? 5000 : 100) });
    await slow.until();
    assert.ok(Math.abs((slow.learners[0]?.cycles() ?? 0) - 10) <= 1);
  });

  it("periodic: trains all the time and sends after each training", async () => {
    const run = await start(gossip, { train: "periodic" }, { peers: 6, seconds: 30 });
    await run.until();
    for (const learner of run.learners) {
      assert.equal(learner.cycles(), 30);
      assert.equal(learner.bytesOut(), 30 * run.messageBytes);
    }
    assert.ok(run.merges.length > 100);
  });

  it("goes on while devices come and go", async () => {
    for (const train of ["on-receive", "periodic"]) {
      const run = await start(gossip, { train }, { peers: 4, seconds: 40 });
      await run.until(5300);
      run.off(0);
      await run.until(20_000);
      const cycles = run.learners[0]?.cycles() ?? 0;
      assert.ok(cycles <= 5);
      await run.on(0);
      await run.until();
      assert.ok((run.learners[0]?.cycles() ?? 0) >= cycles + 10, train);
    }
  });
});
