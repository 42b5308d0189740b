import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeTask, encodeTask, parseTask } from "../../../protocol/task/manifest.ts";

const SOURCE = {
  name: "adapters",
  input: { shape: [4] },
  output: { kind: "classification", classes: ["a", "b"] },
  model: { kind: "external", architecture: "lora r4" },
  tensors: [
    ["lora_a", [4, 2]],
    ["lora_b", [2, 2]],
  ],
};

test("a task about a model that a program of each site trains lists its tensors, and names it", () => {
  const task = parseTask(SOURCE);
  assert.deepEqual(decodeTask(encodeTask(task)), task);
  assert.deepEqual(task.model, SOURCE.model);
  const { tensors: _, ...unlisted } = SOURCE;
  assert.throws(() => parseTask(unlisted), {
    code: "ERR_TASK",
    message: /tensors: must be listed for a model of kind external; `hearsay init --trainer COMMAND` does it/,
  });
  assert.throws(() => parseTask({ ...SOURCE, model: { kind: "external" } }), { message: /model\.architecture/ });
});

test("what an engine does in each step, or with the last layer, is refused for it", () => {
  const privacy = { mechanism: "dp-sgd", clipNorm: 1, targetEpsilon: 8 };
  assert.throws(() => parseTask({ ...SOURCE, privacy }), {
    message:
      /privacy\.mechanism: dp-sgd works in each step, which a program of each site does not; take gaussian-update/,
  });
  parseTask({ ...SOURCE, privacy: { ...privacy, mechanism: "gaussian-update" } });
  assert.throws(() => parseTask({ ...SOURCE, training: { absentClasses: 4 } }), { message: /training\.absentClasses/ });
});
