/** What tfjs can compute, the two backends that every peer has compute alike; the rest is refused before training. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTensorflowTrainer, tensorsOfTopology } from "../../../node/engines/tensorflow.ts";
import type { LearningTask } from "../../../protocol/base/task.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { distance, learningTask, randomData } from "../../support/learning.ts";

const layer = (class_name: string, config: Record<string, unknown>) => ({
  class_name,
  config: { name: class_name.toLowerCase(), ...config },
});
const sequential = (...layers: object[]) => ({ class_name: "Sequential", config: { name: "net", layers } });
const end = layer("Dense", { name: "end", units: 3, activation: "linear" });

async function layersTask(topology: object, shape: readonly number[]): Promise<LearningTask> {
  const text = JSON.stringify(topology);
  const task = learningTask({ kind: "layers", topology: text }, { input: { shape, mean: [0], std: [1] } });
  return { ...task, tensors: await tensorsOfTopology(text, task) };
}

/** Whole numbers 0 to 9 where `whole`, else numbers about 0. */
async function assertAlike(what: string, topology: object, shape: readonly number[], whole = false): Promise<void> {
  const task = await layersTask(topology, shape);
  const train = randomData(task, 12, "data");
  if (whole) for (const [i] of train.inputs.entries()) train.inputs[i] = (7 * i) % 10;
  const params = initialParams(task.tensors, 1);
  const results: Float32Array[] = [];
  for (const backend of ["wasm", "cpu"] as const) {
    const trainer = await createTensorflowTrainer({ task, train, backend });
    results.push((await trainer.fit({ params, steps: 3, seed: "s" })).params);
    await trainer.close();
  }
  const [wasm, cpu] = results as [Float32Array, Float32Array];
  assert.ok(distance(wasm, params) > 1e-4, `${what} does not train`);
  assert.ok(distance(wasm, cpu) < 1e-4, `${what}: wasm and cpu differ by ${distance(wasm, cpu)}`);
}

test("each activation trains alike on wasm and cpu", async () => {
  for (const activation of [
    "elu",
    "selu",
    "relu",
    "relu6",
    "linear",
    "sigmoid",
    "hard_sigmoid",
    "softplus",
    "softsign",
  ].concat(["tanh", "softmax", "log_softmax", "gelu", "mish", "swish", "silu"])) {
    const first = layer("Dense", { units: 4, activation, batch_input_shape: [null, 5] });
    await assertAlike(activation, sequential(first, end), [5]);
  }
});

test("recurrent layers, embeddings and normalisation train alike on wasm and cpu", async () => {
  const steps = { batch_input_shape: [null, 8, 2] };
  const cell = layer("LSTM", { name: "inner", units: 2, return_sequences: true });
  for (const first of [
    layer("LSTM", { units: 3, ...steps }),
    layer("GRU", { units: 3, reset_after: false, ...steps }),
    layer("SimpleRNN", { units: 3, ...steps }),
    layer("Bidirectional", { layer: layer("LSTM", { name: "inner", units: 2 }), merge_mode: "concat", ...steps }),
    layer("LayerNormalization", { axis: [-1], ...steps }),
    layer("TimeDistributed", { layer: layer("Dense", { name: "inner", units: 2 }), ...steps }),
  ]) {
    const flat = ["LayerNormalization", "TimeDistributed"].includes(first.class_name) ? [layer("Flatten", {})] : [];
    await assertAlike(first.class_name, sequential(first, ...flat, end), [8, 2]);
  }
  await assertAlike(
    "two LSTM",
    sequential({ ...cell, config: { ...cell.config, ...steps } }, layer("LSTM", { units: 2 }), end),
    [8, 2],
  );
  const words = layer("Embedding", { input_dim: 10, output_dim: 3, input_length: 5, batch_input_shape: [null, 5] });
  await assertAlike("Embedding", sequential(words, layer("Flatten", {}), end), [5], true);
});

test("an embedding refuses inputs that are standardised, at init, and rows that it has not, at the start", async () => {
  const words = layer("Embedding", { input_dim: 10, output_dim: 3, input_length: 5, batch_input_shape: [null, 5] });
  const topology = sequential(words, layer("Flatten", {}), end);
  const standardised = learningTask({ kind: "softmax" }, { input: { mean: [2], std: [3] } });
  await assert.rejects(tensorsOfTopology(JSON.stringify(topology), standardised), {
    code: "ERR_TASK",
    message: /"embedding" \(Embedding\).*input\.mean: \[0\]/,
  });
  const task = await layersTask(topology, [5]);
  for (const bad of [10, -1, 2.5]) {
    const train = randomData(task, 4, "data");
    train.inputs.fill(9);
    train.inputs[7] = bad;
    await assert.rejects(createTensorflowTrainer({ task, train, backend: "wasm" }), {
      code: "ERR_DATA",
      message: /example 2 has .* as number 3.*from 0 to 9/,
    });
  }
  const learnt = sequential(
    layer("Dense", { units: 4, batch_input_shape: [null, 5] }),
    { ...words, config: { ...words.config, input_length: 4 } },
    layer("Flatten", {}),
    end,
  );
  await assert.rejects(layersTask(learnt, [5]), { code: "ERR_TASK", message: /reads what another layer computes/ });
});

test("a layer without a gradient is refused when its tensors are listed, by name", async () => {
  const first = layer("Dense", { units: 4, batch_input_shape: [null, 5] });
  await assert.rejects(layersTask(sequential(first, layer("ThresholdedReLU", { theta: 1 }), end), [5]), {
    code: "ERR_TASK",
    message: /cannot train layer "thresholdedrelu" \(ThresholdedReLU\).*; take another layer/,
  });
});
