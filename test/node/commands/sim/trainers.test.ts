/** cnn and layers models in the simulator: the engine tensorflow trains them, for all peers in one thread. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadNamedSet } from "../../../../node/data/sets.ts";
import { tensorsOfTopology } from "../../../../node/engines/tensorflow.ts";
import { simulate } from "../../../../node/simulator.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";

const SMALL = {
  name: "small",
  data: { set: "digits", rows: 400 },
  peers: 4,
  cycles: 5,
  attack: { kind: "sign-flip", share: 0.25 },
  metrics: { points: 1, rows: 60 },
};
const AGGREGATION = { inboxSize: 3, quorum: 2 };

/** As tf.sequential().toJSON() gives it. */
const TOPOLOGY = JSON.stringify({
  class_name: "Sequential",
  config: {
    name: "s",
    layers: [
      {
        class_name: "Flatten",
        config: { name: "f", batch_input_shape: [null, 8, 8, 1] },
      },
      { class_name: "Dense", config: { name: "d0", units: 12, activation: "tanh", use_bias: true } },
      { class_name: "Dense", config: { name: "d1", units: 10, activation: "softmax", use_bias: true } },
    ],
  },
});

async function learns(task: Readonly<Record<string, unknown>>): Promise<void> {
  const scenario = { ...SMALL, task: { ...task, aggregation: AGGREGATION } };
  const [one, two] = [await simulate(scenario), await simulate(scenario)];
  assert.match(one.summary.engine ?? "", /^tensorflow\//);
  assert.deepEqual(one, two, "the same figures again");
  const [before, after] = [one.series[0], one.series.at(-1)];
  const gained = (after?.accuracy.mean ?? 0) - (before?.accuracy.mean ?? 1);
  assert.ok(gained > 0.2, `gained ${gained}`);
}

describe("the simulator", () => {
  it("trains a cnn, with liars among its peers", () =>
    learns({ input: { shape: [8, 8, 1] }, model: { kind: "cnn", filters: [4], kernelSize: 3 } }));

  it("trains a layers model", async () => {
    const { task: source } = await loadNamedSet("digits");
    const { input, output, training } = parseTask(source);
    const tensors = await tensorsOfTopology(TOPOLOGY, { input, output, training });
    await learns({ model: { kind: "layers", topology: TOPOLOGY }, tensors });
  });

  it("keeps to its own engine where that will do, and the report does not name it", async () => {
    const { summary } = await simulate({
      ...SMALL,
      cycles: 1,
      task: { model: { kind: "softmax" }, aggregation: AGGREGATION },
    });
    assert.equal("engine" in summary, false);
  });
});
