import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineKind } from "../../../node/engines/engine.ts";
import { AUTO, ENGINE_CHOICES, ENGINES, engineFor } from "../../../node/engines/registry.ts";
import { createTrainer, type LearningCore } from "../../../protocol/learn/trainer.ts";
import { learningTask, randomData } from "../../support/learning.ts";

const softmax = learningTask({ kind: "softmax" });
const cnn = learningTask({ kind: "cnn", filters: [2], kernelSize: 3, hidden: [] }, { input: { shape: [4, 4, 1] } });

/** An engine that learns nothing: what a file of one more engine has to export. */
const lazy: EngineKind = {
  name: "lazy",
  runs: "nothing",
  usedFor: "tests",
  processBytes: 1e6,
  suits: ({ model }) => model.kind === "cnn",
  async createTrainer(options) {
    const core: LearningCore = {
      engine: "lazy",
      fit: ({ params }) => ({ params, loss: 0 }),
      predict: (_params, inputs) => new Float32Array((inputs.length / 16) * 3).fill(1 / 3),
      close() {},
    };
    return createTrainer(options, core);
  },
  async createTrainers() {
    throw new Error("nobody simulates it");
  },
};

test("one more engine is its file and its line: it is found by name, and auto asks it in its turn", async () => {
  const engines = new Map([["lazy", lazy], ...ENGINES]);
  assert.equal(engineFor("lazy", softmax, engines), lazy);
  assert.equal(engineFor(AUTO, cnn, engines), lazy);
  assert.equal(engineFor(AUTO, softmax, engines).name, "dense");
  const trainer = await engineFor("lazy", cnn, engines).createTrainer({ task: cnn, train: randomData(cnn, 4, "x") });
  const params = new Float32Array(cnn.tensors.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0));
  assert.deepEqual(await trainer.fit({ params, steps: 3, seed: "" }), { params, loss: 0 });
  assert.equal((await trainer.evaluate(params, "train")).numExamples, 4);
});

test("auto finds an engine for every kind of model, dense for what it trains", () => {
  assert.equal(engineFor(AUTO, softmax).name, "dense");
  assert.equal(engineFor(AUTO, cnn).name, "tensorflow");
  assert.equal(engineFor(AUTO, { model: { kind: "layers", topology: "{}" } }).name, "tensorflow");
  assert.equal(engineFor(AUTO, { model: { kind: "external", architecture: "mine" } }).name, "external");
});

test("an engine that there is not is refused with the names that there are", () => {
  assert.deepEqual(ENGINE_CHOICES, ["auto", "dense", "tensorflow", "external"]);
  assert.throws(() => engineFor("gpu", softmax), {
    code: "ERR_CONFIG",
    message: "engine gpu: it is one of auto, dense, tensorflow, external",
  });
});
