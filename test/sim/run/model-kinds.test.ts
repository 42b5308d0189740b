/** The two kinds of models by which all algorithms are scored alike. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Learner } from "../../../sim/algorithms/algorithm.ts";
import { followModels } from "../../../sim/run/model-kinds.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { runBlobs } from "../../support/experiments.ts";

describe("both kinds of models", () => {
  it("of an algorithm without a running mean: 0.7 of the mean so far and 0.3 of the newest, once in a cycle, until the end", async () => {
    const clock = createVirtualClock();
    let value = 1;
    const learner = { model: () => Float32Array.of(value) } as Learner;
    const kinds = followModels([learner], clock, { cycleMs: 1000, endMs: 3000 });
    assert.deepEqual(kinds.averaged(learner), Float32Array.of(1));
    const means: number[] = [];
    for (const next of [2, 4, 8, 100, 100]) {
      value = next;
      await clock.run(clock.now() + 1000);
      means.push(kinds.averaged(learner)[0] as number);
    }
    assert.deepEqual(
      means.map((mean) => Math.round(1000 * mean) / 1000),
      [2, 2.6, 4.22, 4.22, 4.22],
    );
    assert.deepEqual(kinds.raw(learner), Float32Array.of(100));
  });

  it("of Hearsay: its newest aggregate, and the running mean that it predicts with", () => {
    const [newest, mean] = [Float32Array.of(1), Float32Array.of(2)];
    const learner = { model: () => mean, raw: () => newest } as unknown as Learner;
    const kinds = followModels([learner], createVirtualClock(), { cycleMs: 1, endMs: 10 });
    assert.deepEqual([kinds.raw(learner), kinds.averaged(learner)], [newest, mean]);
  });

  it("are in the summary where the scenario asks for them, and change nothing else", async () => {
    for (const algorithm of ["hearsay", "d-psgd"]) {
      const plain = await runBlobs({ algorithm });
      const both = await runBlobs({ algorithm, metrics: { points: 5, bothModels: true } });
      const { models, hash: _, ...rest } = both.summary;
      const { hash: __, ...before } = plain.summary;
      assert.deepEqual(rest, before);
      assert.ok(models);
      const scored = algorithm === "hearsay" ? models.averaged : models.raw;
      assert.deepEqual(scored, both.summary.final.accuracy);
      assert.notDeepEqual(models.raw, models.averaged);
    }
  });
});
