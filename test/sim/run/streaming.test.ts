/** In a simulation, rows come while peers learn, and the figure of a changed world is that of rows that were not learned from yet. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { runExperiment } from "../../../sim/run/experiment.ts";
import { parseScenario } from "../../../sim/run/scenario.ts";
import { createStreams, NO_ROWS } from "../../../sim/run/streaming.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";

const TASK = {
  name: "line",
  input: { shape: [2] },
  output: { kind: "regression", targets: ["y"] },
  model: { kind: "softmax" },
  training: { learningRate: 0.1, steps: 5, batch: 16 },
  aggregation: { rule: "mean", quorum: 1 },
};
const SCENARIO = {
  name: "stream",
  data: { set: "memory" },
  ...{ peers: 4, cycles: 60, metrics: { points: 12 } },
  stream: { window: "last:40", drift: "none" },
};

/** y = x0 - x1, and from the middle of the rows on y = x1 - x0; in the order of time. */
function changing(rows: number): Dataset {
  const rng = createRng("stream");
  const inputs = Float64Array.from({ length: 2 * rows }, () => rng.normal());
  const targets = Float64Array.from({ length: rows }, (_, i) => {
    const apart = (inputs[2 * i] as number) - (inputs[2 * i + 1] as number);
    return i < rows / 2 ? apart : -apart;
  });
  return { inputs, targets, length: rows };
}

async function figures(changes: object, times?: readonly number[]): Promise<number[]> {
  const data = { ...changing(2400), ...(times && { times }) };
  const { series } = await runExperiment(parseScenario({ ...SCENARIO, ...changes }), {
    crypto: nodeCrypto,
    identityFromSeed: () => assert.fail("no signatures are asked for"),
    loadData: async () => ({ train: data, holdout: data, task: TASK }),
  });
  return series.slice(1).map(({ prequential }) => prequential?.mean ?? Number.NaN);
}

describe("a simulated stream", () => {
  it("shows the change of the world, and that peers learn it", async () => {
    const found = await figures({});
    assert.ok((found[5] as number) < 0.3, `before: ${found}`);
    assert.ok((found[6] as number) > 2 * (found[5] as number), `at the change: ${found}`);
    assert.ok((found[11] as number) < 0.3, `after: ${found}`);
  });

  it("shows what it costs to learn no more", async () => {
    const found = await figures({ algorithm: "local", stream: { ...SCENARIO.stream, frozenFrom: 0.5 } });
    assert.ok((found[5] as number) < 0.3 && (found[11] as number) > 1, String(found));
  });

  it("gives the same bytes again, also with alarms", async () => {
    const changes = { stream: { window: "last:200", drift: "adwin", onDrift: "window" } };
    assert.deepEqual(await figures(changes), await figures(changes));
  });

  it("gives rows that have times at these times, by one calendar for all peers", async () => {
    const clock = createVirtualClock();
    const { stream: spec } = parseScenario(SCENARIO);
    assert.ok(spec);
    const streams = createStreams({ spec, task: parseTask(TASK), clock, endMs: 3000, times: [0, 10, 20, 30] });
    const rows = { inputs: new Float64Array(4), targets: new Float64Array(2), length: 2, times: [0, 20] };
    const trainer = streams.follow(createDenseTrainer({ task: parseTask(TASK), train: NO_ROWS }), rows, 0);
    const held: number[] = [];
    for (const atMs of [0, 1990, 2000, 3000]) {
      await clock.run(atMs);
      await trainer.fit({ params: new Float32Array(3), steps: 1, seed: "" });
      held.push(trainer.numExamples);
    }
    assert.deepEqual(held, [1, 1, 2, 2]);
    const early = Array.from({ length: 2400 }, (_, i) => (i === 2399 ? 4800 : i));
    const found = await figures({ algorithm: "local", cycles: 24 }, early);
    const isEmpty = found.map((figure) => Number.isNaN(figure));
    assert.ok(!isEmpty.slice(0, 6).includes(true) && !isEmpty.slice(7, 11).includes(false), String(found));
  });

  it("is refused with a window that is none", () => {
    assert.throws(() => parseScenario({ ...SCENARIO, stream: { window: "last" } }), { code: "ERR_CONFIG" });
  });
});
