import assert from "node:assert/strict";
import { test } from "node:test";
import { selectBackend } from "../../../node/engines/backend.ts";
import { createTensorflowTrainer, tensorsOfTopology } from "../../../node/engines/tensorflow.ts";
import type { LearningTask } from "../../../protocol/base/task.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { initialParams, tensorSlices } from "../../../protocol/learn/tensors.ts";
import { distance, learningTask, REGRESS, randomData } from "../../support/learning.ts";

const layer = (class_name: string, config: Record<string, unknown>) => ({ class_name, config });
const dense = (name: string, units: number, more: Record<string, unknown> = {}) =>
  layer("Dense", { name, units, activation: "linear", ...more });
const sequential = (...layers: object[]) => ({ class_name: "Sequential", config: { name: "net", layers } });
const from5 = { batch_input_shape: [null, 5] };

/** A task for a layers model, with the tensors that `hearsay init --model` would list. */
async function layersTask(topology: object, changes: Parameters<typeof learningTask>[1] = {}): Promise<LearningTask> {
  const text = JSON.stringify(topology);
  const task = learningTask({ kind: "layers", topology: text }, changes);
  return { ...task, tensors: await tensorsOfTopology(text, task) };
}

const CONVOLUTIONAL = sequential(
  layer("Conv2D", {
    name: "conv",
    batch_input_shape: [null, 8, 8, 1],
    filters: 4,
    kernel_size: [3, 3],
    padding: "same",
  }),
  layer("BatchNormalization", { name: "norm", axis: -1, momentum: 0.5 }),
  layer("Activation", { name: "act", activation: "relu" }),
  layer("DepthwiseConv2D", { name: "depth", kernel_size: [3, 3], strides: [2, 2] }),
  layer("MaxPooling2D", { name: "pool", pool_size: [2, 2], strides: [1, 1] }),
  layer("Flatten", { name: "flat" }),
  dense("out", 3, { activation: "softmax" }),
);

test("tensors are listed layer by layer in the order of getWeights, moving statistics included", async () => {
  const task = await layersTask(CONVOLUTIONAL, { input: { shape: [8, 8, 1] } });
  assert.deepEqual(task.tensors, [
    ["conv/kernel", [3, 3, 1, 4]],
    ["conv/bias", [4]],
    ["norm/gamma", [4]],
    ["norm/beta", [4]],
    ["norm/moving_mean", [4]],
    ["norm/moving_variance", [4]],
    ["depth/depthwise_kernel", [3, 3, 4, 1]],
    ["depth/bias", [4]],
    ["out/kernel", [16, 3]],
    ["out/bias", [3]],
  ]);
});

test("the content of a model.json, its topology and a Keras model_config are read alike", async () => {
  const topology = sequential(dense("a", 3, from5));
  for (const wrapped of [
    topology,
    { modelTopology: topology, weightsManifest: [{ paths: ["http://127.0.0.1:1/x"], weights: [] }] },
    { modelTopology: { keras_version: "2.15", model_config: topology } },
  ])
    assert.deepEqual((await layersTask(wrapped)).tensors, [
      ["a/kernel", [5, 3]],
      ["a/bias", [3]],
    ]);
});

test("a softmax regression as a layers model trains like the built-in one, from probabilities or logits", async () => {
  const training = { learningRate: 0.2, momentum: 0.5 };
  const own = learningTask({ kind: "softmax" }, { training });
  const train = randomData(own, 30, "data");
  const params = initialParams(own.tensors, 1);
  const wanted = await createDenseTrainer({ task: own, train }).fit({ params, steps: 20, seed: "s" });
  const heads = [
    sequential(dense("a", 3, { ...from5, activation: "softmax" })),
    sequential(dense("a", 3, from5)),
    sequential(dense("a", 3, from5), layer("Softmax", { name: "s", axis: -1 })),
    sequential(dense("a", 3, from5), layer("Activation", { name: "s", activation: "softmax" })),
  ];
  for (const topology of heads) {
    const task = await layersTask(topology, { training });
    for (const backend of ["wasm", "cpu"] as const) {
      const trainer = await createTensorflowTrainer({ task, train, backend });
      const result = await trainer.fit({ params, steps: 20, seed: "s" });
      assert.ok(distance(result.params, wanted.params) < 1e-5);
      assert.ok(Math.abs(result.loss - wanted.loss) < 1e-5);
      const probabilities = await trainer.predict(params, train.inputs.slice(0, 5));
      assert.ok(Math.abs([...probabilities].reduce((sum, p) => sum + p, 0) - 1) < 1e-6);
      await trainer.close();
    }
  }
});

test("an example that a softmax layer is certain to get wrong still has a gradient", async () => {
  const task = await layersTask(sequential(dense("a", 3, { ...from5, activation: "softmax" })));
  const train = { inputs: new Float32Array(5), targets: Float32Array.of(1), length: 1 };
  const trainer = await createTensorflowTrainer({ task, train, backend: "wasm" });
  const params = new Float32Array(18);
  params[15] = 40; // logit of class 0: p of the right class is 4e-18
  const { params: after } = await trainer.fit({ params, steps: 1, seed: "s" });
  assert.ok(Math.abs((after[16] as number) - 0.1) < 1e-4);
  await trainer.close();
});

test("convolutions, normalisation and pooling train; moving statistics follow, frozen weights stay", async () => {
  const frozen = structuredClone(CONVOLUTIONAL);
  Object.assign((frozen.config.layers[0] as { config: object }).config, { trainable: false });
  for (const topology of [CONVOLUTIONAL, frozen]) {
    const task = await layersTask(topology, { input: { shape: [8, 8, 1] }, training: { batch: 16 } });
    const train = randomData(task, 32, "data");
    const trainer = await createTensorflowTrainer({ task, train, backend: "wasm" });
    const { tf } = await selectBackend("wasm");
    const params = initialParams(task.tensors, 1);
    let { params: after, loss: first } = await trainer.fit({ params, steps: 1, seed: "s" });
    const tensors = tf.memory().numTensors;
    for (const { name, offset, length } of tensorSlices(task.tensors)) {
      const changed = distance(after.slice(offset, offset + length), params.slice(offset, offset + length)) > 0;
      // a bias before batch normalisation is taken off again: its gradient is rounding
      if (name !== "conv/bias" || topology === frozen)
        assert.equal(changed, topology === CONVOLUTIONAL || !name.startsWith("conv/"), name);
    }
    const { params: last, loss } = await trainer.fit({ params: after, steps: 60, seed: "t" });
    after = last;
    assert.ok(loss < first);
    assert.equal(tf.memory().numTensors, tensors);
    await trainer.close();
  }
});

test("the penalty of a regulariser is part of the loss", async () => {
  const l2 = { class_name: "L1L2", config: { l1: 0, l2: 0.5 } };
  const [plain, penalised] = [
    await layersTask(sequential(dense("a", 3, from5))),
    await layersTask(sequential(dense("a", 3, { ...from5, kernel_regularizer: l2 }))),
  ];
  const train = randomData(plain, 8, "data");
  const params = initialParams(plain.tensors, 1);
  const results = [];
  for (const task of [plain, penalised]) {
    const trainer = await createTensorflowTrainer({ task, train, backend: "cpu" });
    results.push(await trainer.fit({ params, steps: 1, seed: "s" }));
    await trainer.close();
  }
  const [without, with_] = results as [(typeof results)[0], (typeof results)[0]];
  const kernel = params.subarray(0, 15);
  const penalty = kernel.reduce((sum, w) => sum + 0.5 * w * w, 0);
  assert.ok(Math.abs(with_.loss - without.loss - penalty) < 1e-5);
  for (const [i, w] of kernel.entries())
    assert.ok(Math.abs((without.params[i] as number) - (with_.params[i] as number) - 0.1 * w) < 1e-5);
});

test("a regression with two branches that join trains to the targets", async () => {
  const node = (name: string) => [name, 0, 0, {}];
  const topology = {
    class_name: "Model",
    config: {
      name: "branches",
      layers: [
        { ...layer("InputLayer", { ...from5, name: "in", dtype: "float32" }), name: "in", inbound_nodes: [] },
        { ...dense("left", 4, { activation: "tanh" }), name: "left", inbound_nodes: [[node("in")]] },
        { ...dense("right", 4), name: "right", inbound_nodes: [[node("in")]] },
        { ...layer("Concatenate", { name: "both" }), name: "both", inbound_nodes: [[node("left"), node("right")]] },
        { ...dense("out", 2), name: "out", inbound_nodes: [[node("both")]] },
      ],
      input_layers: [["in", 0, 0]],
      output_layers: [["out", 0, 0]],
    },
  };
  const task = await layersTask(topology, { output: REGRESS, training: { momentum: 0.9, learningRate: 0.02 } });
  const train = randomData(task, 40, "data");
  for (let row = 0; row < 40; row++) {
    const [a, b] = train.inputs.subarray(5 * row) as unknown as [number, number];
    train.targets.set([20 + 4 * a, -3 + 0.5 * b], 2 * row);
  }
  const trainer = await createTensorflowTrainer({ task, train, backend: "wasm" });
  const { params } = await trainer.fit({ params: initialParams(task.tensors, 1), steps: 200, seed: "s" });
  const { r2 = 0 } = await trainer.evaluate(params, "train");
  assert.ok(r2 > 0.95, `R2 ${r2}`);
  await trainer.close();
});

test("a topology that is no usable model is ERR_TASK, and the message says what to do", async () => {
  const classifier = learningTask({ kind: "softmax" });
  const faults: readonly (readonly [text: string, remedy: RegExp])[] = [
    ["{", /model\.json/],
    ["null", /model\.json/],
    ["[]", /model\.json/],
    ['{"modelTopology": {"node": []}}', /tensorflowjs_converter/],
    [JSON.stringify(dense("a", 3, from5)), /Sequential, Functional or Model/],
    ['{"class_name": "Sequential"}', /no list "layers"/],
    [JSON.stringify(sequential()), /batch_input_shape/],
    [JSON.stringify(sequential(dense("a", 3))), /Input|input/],
    [JSON.stringify(sequential(layer("Lambda", from5))), /never run/],
    [JSON.stringify(sequential(dense("a", 4, from5))), /output shape is \[4\].*\[3\]/],
    [JSON.stringify(sequential(dense("a", 3, { batch_input_shape: [null, 6] }))), /input shape is \[6\].*\[5\]/],
    [JSON.stringify(sequential(dense("a", 2 ** 24, from5), dense("b", 2 ** 24))), /more than 536870912 bytes/],
  ];
  for (const [text, remedy] of faults)
    await assert.rejects(tensorsOfTopology(text, classifier), { code: "ERR_TASK", message: remedy }, text);
});

test("a model that cannot be trained is refused when the trainer is made, not at the first fit", async () => {
  const make = async (topology: object, backend: "wasm" | "cpu", shape = [5]) => {
    const task = await layersTask(topology, { input: { shape } });
    await createTensorflowTrainer({ task, train: randomData(task, 2, "x"), backend });
  };
  const sigmoid = sequential(dense("a", 3, { ...from5, activation: "sigmoid" }));
  await assert.rejects(make(sigmoid, "wasm"), { code: "ERR_TASK", message: /softmax or linear/ });
  const threshold = sequential(dense("a", 3, from5), layer("ThresholdedReLU", { name: "t", theta: 1 }));
  await assert.rejects(make(threshold, "wasm"), { code: "ERR_TASK", message: /cannot train/ });
  await assert.rejects(make(CONVOLUTIONAL, "cpu", [8, 8, 1]), { code: "ERR_ENGINE" });
});
