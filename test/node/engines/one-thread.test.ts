import assert from "node:assert/strict";
import { test } from "node:test";
import { createClosing } from "../../../node/closing.ts";
import { startEngine } from "../../../node/engines/client.ts";
import type { EngineOptions } from "../../../node/engines/messages.ts";
import { startOnThisThread } from "../../../node/engines/one-thread.ts";
import { SETTINGS } from "../../../node/settings/table.ts";
import { openEngine } from "../../../node/start-learning.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { learningTask, randomData } from "../../support/learning.ts";

const task = learningTask({ kind: "mlp", hidden: [6], activation: "relu" });
const options: EngineOptions = { task, train: randomData(task, 30, "train"), engine: "auto" };
const request = { params: initialParams(task.tensors, 1), steps: 5, seed: "s" };

test("the engine dense trains to the same bits on the thread of the network, and starts no other", async () => {
  let started = 0;
  const count = () => started++;
  process.on("worker", count);
  const here = await startOnThisThread(options);
  const fitted = await here.trainer.fit(request);
  assert.equal(here.warning, undefined);
  assert.equal(started, 0);
  const apart = await startEngine(options);
  process.off("worker", count);
  assert.equal(started, 1);
  assert.deepEqual(fitted, await apart.trainer.fit(request));
  await Promise.all([here.close(), apart.close()]);
});

test("rows that are exchanged while it learns are counted, as with a thread", async () => {
  const { trainer, close } = await startOnThisThread(options);
  await trainer.replace?.({ train: randomData(task, 12, "later") });
  assert.deepEqual([trainer.numExamples, trainer.revision], [12, 1]);
  await close();
});

test("an engine whose steps take long keeps its thread, and says so", async () => {
  const tensorflow = await startOnThisThread({ ...options, engine: "tensorflow", backend: "cpu" });
  assert.match(tensorflow.warning ?? "", /engine tensorflow trains in a thread of its own all the same/);
  assert.equal((await tensorflow.trainer.fit(request)).params.length, request.params.length);
  await tensorflow.close();
});

test("under the preset tiny a peer opens its engine without a thread, and with one by default", async () => {
  const whole = parseTask({
    ...{ name: "model", model: { kind: "softmax" }, input: { shape: [2] } },
    output: { kind: "classification", classes: ["a", "b"] },
  });
  const rest = { stateDir: "", listen: [], bootstrap: [], mdns: false, minCycleMs: 0, maxOutbound: 1 };
  let started = 0;
  const count = () => started++;
  process.on("worker", count);
  const engineThread = SETTINGS.get("engineThread")?.presets?.tiny?.value as boolean;
  for (const told of [{ engineThread }, {}]) {
    const closing = createClosing();
    await openEngine({ ...rest, ...told, task: whole, train: randomData(whole, 9, "train") }, closing);
    await closing.close();
    assert.equal(started, "engineThread" in told ? 0 : 1);
  }
  process.off("worker", count);
});
