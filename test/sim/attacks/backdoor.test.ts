/** A backdoor is refused where its figure would mean nothing: the task has no such class, or no classes at all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTask } from "../../../protocol/task/manifest.ts";
import type { Coalition } from "../../../sim/attacks/attack.ts";
import { backdoor } from "../../../sim/attacks/backdoor.ts";

const OPTIONS = { pixels: 1, poison: 0.5, boost: 1 };
const input = { shape: [2] };
const model = { kind: "softmax" };
const classes = parseTask({ name: "c", input, output: { kind: "classification", classes: ["a", "b"] }, model });
const numbers = parseTask({ name: "n", input, output: { kind: "regression", targets: ["y"] }, model });

test("a backdoor wants a class of the task, and says which there are", () => {
  const fault = { code: "ERR_CONFIG", message: "attack.target: the task has no class 2; its classes are 0 to 1" };
  assert.throws(() => backdoor.target?.({ ...OPTIONS, target: 2 }, classes), fault);
  assert.throws(() => backdoor.join({ task: classes } as Coalition, { ...OPTIONS, target: 2 }), fault);
  const holdout = { inputs: Float32Array.of(1, 2, 3, 4), targets: Float32Array.of(0, 1), length: 2 };
  const triggered = backdoor.target?.({ ...OPTIONS, target: 1 }, classes).triggered(holdout);
  assert.deepEqual([triggered?.length, [...(triggered?.inputs ?? [])]], [1, [1, 4]]);
});

test("a backdoor is refused in a regression, where nothing goes to a class", () => {
  const fault = { code: "ERR_CONFIG", message: /a regression has none/ };
  assert.throws(() => backdoor.target?.({ ...OPTIONS, target: 0 }, numbers), fault);
});
