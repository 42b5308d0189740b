/** What is measured, on learners whose models are set by hand. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRng } from "../../../protocol/base/rng.ts";
import { numParams } from "../../../protocol/base/task.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import type { Learner, Participant } from "../../../sim/algorithms/algorithm.ts";
import { createMeasurements, type Measurements } from "../../../sim/run/measure.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { blobScenario, type Changes } from "../../support/experiments.ts";

const task = blobTask();
const holdout = blobs(200, 7);
const LENGTH = numParams(task);

interface Stage {
  readonly measurements: Measurements;
  readonly learners: readonly Learner[];
  /** Times that the model of each was asked for. */
  readonly asked: number[];
}

interface StageOptions {
  readonly peers?: number;
  readonly changes?: Changes;
  readonly honest?: (index: number) => boolean;
  readonly model?: (index: number) => Float32Array;
  readonly targeted?: boolean;
}

function stage({ peers = 4, changes = {}, honest = () => true, model, targeted = false }: StageOptions = {}): Stage {
  const asked = new Array<number>(peers).fill(0);
  const zeros = new Float32Array(LENGTH);
  const learners = asked.map(
    (_, index): Learner => ({
      peer: `peer-${index}`,
      honest: honest(index),
      model() {
        asked[index] = (asked[index] as number) + 1;
        return model?.(index) ?? zeros;
      },
      current: () => model?.(index) ?? zeros,
      cycles: () => 10 * (index + 1),
      bytesOut: () => 100 * (index + 1),
    }),
  );
  const participants = learners.map(
    (learner, index) => ({ honest: learner.honest, data: blobs(3 + index, 1) }) as Partial<Participant> as Participant,
  );
  const scenario = blobScenario({ peers, ...changes });
  const rng = createRng("measure");
  const target = targeted ? { ...holdout, targets: new Float32Array(holdout.length).fill(1) } : undefined;
  return { measurements: createMeasurements({ scenario, task, holdout, target, participants, rng }), learners, asked };
}

const parent = (peer: string, tau: number, weight: number, status = "used") => ({ peer, tau, weight, status });

describe("the figures of a run", () => {
  it("count staleness in bins of a cycle, and everything above the last in it", async () => {
    const { measurements, learners } = stage();
    const taus = [0, 0.99, 1, 1.5, 20.9, 21, 35, 1000];
    measurements.observer.merged({ peer: "peer-0", parents: taus.map((tau) => parent("peer-1", tau, 1)) });
    await measurements.take(0, learners);
    const { summary } = await measurements.report("", learners);
    const expected = new Array<number>(22).fill(0);
    expected[0] = 2;
    expected[1] = 2;
    expected[20] = 1;
    expected[21] = 3;
    assert.deepEqual(summary.staleness, expected);
  });

  it("say of each peer what became of its models, with the mean weight", async () => {
    const { measurements, learners } = stage();
    const { trained, merged } = measurements.observer;
    for (let i = 0; i < 5; i++) trained("peer-0");
    merged({ peer: "peer-0", parents: [parent("peer-1", 0, 1), parent("peer-2", 0, 0.5, "clipped")] });
    merged({ peer: "peer-3", parents: [parent("peer-1", 1, 0.5), parent("peer-2", 0, 0, "duplicate")] });
    await measurements.take(0, learners);
    const { summary, peers } = await measurements.report("", learners);
    assert.deepEqual([summary.updates, summary.merges], [5, 2]);
    assert.deepEqual(
      peers.map(({ merges, meanWeight }) => [merges, meanWeight]),
      [
        [{}, 0],
        [{ used: 2 }, 0.75],
        [{ clipped: 1, duplicate: 1 }, 0.25],
        [{}, 0],
      ],
    );
    assert.deepEqual(
      peers.map(({ rows, cycles, bytesOut }) => [rows, cycles, bytesOut]),
      [0, 1, 2, 3].map((i) => [3 + i, 10 * (i + 1), 100 * (i + 1)]),
    );
  });

  it("are those of honest peers: a liar is neither evaluated nor averaged", async () => {
    const { measurements, learners, asked } = stage({ honest: (index) => index !== 2 });
    await measurements.take(5000, learners);
    const { summary, peers, series } = await measurements.report("h", learners);
    assert.deepEqual([summary.honest, summary.liars, summary.hash], [3, 1, "h"]);
    assert.equal(asked[2], 0);
    assert.deepEqual(
      peers.map(({ honest, accuracy }) => [honest, accuracy !== undefined]),
      [true, true, false, true].map((honest) => [honest, honest]),
    );
    assert.deepEqual([series[0]?.seconds, series[0]?.cycles], [5, (10 + 20 + 40) / 3]);
    assert.equal(series[0]?.bytesPerPeer, Math.round((100 + 200 + 400) / 3));
  });

  it("evaluate metrics.peers of them at each point, the same ones, and ten times as many at the end", async () => {
    const { measurements, learners, asked } = stage({ peers: 30, changes: { metrics: { peers: 2 } } });
    await measurements.take(0, learners);
    await measurements.take(1000, learners);
    assert.deepEqual(
      asked.filter((times) => times > 0),
      [2, 2],
    );
    const { peers, series } = await measurements.report("", learners);
    assert.equal(peers.filter(({ accuracy }) => accuracy !== undefined).length, 20);
    assert.equal(series.length, 2);
  });

  it("have as accuracy the mean, the worst and the spread of what a trainer finds", async () => {
    const rng = createRng("models");
    const models = Array.from({ length: 4 }, () => Float32Array.from({ length: LENGTH }, () => rng.normal()));
    const { measurements, learners } = stage({ model: (index) => models[index] as Float32Array });
    await measurements.take(0, learners);
    const { summary, peers } = await measurements.report("", learners);
    const trainer = createDenseTrainer({ task, train: holdout, holdout });
    const found = await Promise.all(models.map((model) => trainer.evaluate(model, "holdout")));
    const accuracies = found.map(({ accuracy }) => accuracy as number);
    assert.ok(new Set(accuracies).size > 1);
    assert.deepEqual(
      peers.map(({ accuracy }) => accuracy),
      accuracies,
    );
    const mean = accuracies.reduce((sum, value) => sum + value) / 4;
    const spread = Math.sqrt(accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4);
    const { accuracy } = summary.final;
    assert.ok(Math.abs(accuracy.mean - mean) < 1e-12 && Math.abs(accuracy.std - spread) < 1e-12);
    assert.equal(accuracy.worst, Math.min(...accuracies));
  });

  it("have as disagreement the mean distance from the mean model, over its length", async () => {
    const axis = (i: number, value: number) => new Float32Array(LENGTH).map((_, j) => (j === i ? value : 0));
    // Mean (2, 0): distances 1, 1, and length 2.
    const apart = stage({ peers: 2, model: (index) => axis(0, index === 0 ? 1 : 3) });
    await apart.measurements.take(0, apart.learners);
    assert.equal((await apart.measurements.report("", apart.learners)).series[0]?.disagreement, 0.5);
    const start = initialParams(task.tensors, 1);
    const agreed = stage({ peers: 3, model: () => start });
    await agreed.measurements.take(0, agreed.learners);
    assert.ok(((await agreed.measurements.report("", agreed.learners)).series[0]?.disagreement ?? 1) < 1e-6);
    const zero = stage({ peers: 2 });
    await zero.measurements.take(0, zero.learners);
    assert.equal((await zero.measurements.report("", zero.learners)).series[0]?.disagreement, 0);
  });

  it("tell the success of a targeted attack where there is one, and nothing elsewhere", async () => {
    const { params } = await createDenseTrainer({
      task,
      train: { ...holdout, targets: new Float32Array(holdout.length).fill(1) },
    }).fit({
      params: initialParams(task.tensors, 1),
      steps: 200,
      seed: "always b",
    });
    for (const targeted of [true, false]) {
      const { measurements, learners } = stage({ targeted, model: () => params });
      await measurements.take(0, learners);
      const { summary } = await measurements.report("", learners);
      assert.equal(summary.final.attackSuccess, targeted ? 1 : undefined);
    }
  });

  it("say when the mean accuracy first reached the target, and nothing where it never did", async () => {
    const { params } = await createDenseTrainer({ task, train: blobs(200, 1) }).fit({
      params: initialParams(task.tensors, 1),
      steps: 200,
      seed: "taught",
    });
    const reached = async (target: number) => {
      let model: Float32Array = initialParams(task.tensors, 1);
      const { measurements, learners } = stage({ changes: { metrics: { target } }, model: () => model });
      await measurements.take(0, learners);
      model = params;
      await measurements.take(1000, learners);
      await measurements.take(2000, learners);
      return (await measurements.report("", learners)).summary.reached;
    };
    assert.equal((await reached(0.8))?.seconds, 1);
    assert.equal(await reached(1), undefined);
  });
});
