/** One example is read off a published update to the last pixel; of many only a mean is left, and noise hides it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createShadowFits } from "../../../../node/commands/privacy/shadow-fit.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import { DENSE_TRAINERS } from "../../../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { invertUpdate } from "../../../../protocol/privacy/inference/invert-update.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";

const INPUTS = 12;
const UNITS = 8;
const source = {
  name: "inverted",
  input: { shape: [INPUTS], mean: 2, std: 3 },
  output: { kind: "classification", classes: ["a", "b", "c"] },
  model: { kind: "mlp", hidden: [UNITS] },
};

/** What ten steps on these rows change in the first layer, and the rows as the model sees them. */
async function updateOf(rows: number, privacy?: object) {
  const task = parseTask({ ...source, ...(privacy && { privacy }) });
  const start = initialParams(task.tensors, 1);
  const rng = createRng("inverted");
  const inputs = Float32Array.from({ length: rows * INPUTS }, () => 2 + 3 * rng.normal());
  const targets = Float32Array.from({ length: rows }, (_, row) => row % 3);
  const fit = createShadowFits(task, DENSE_TRAINERS)({ inputs, targets, length: rows }, "inverted");
  const trained = await fit({ params: start, steps: 10, seed: "inverted" });
  assert.ok(trained !== undefined, "the budget allows it");
  const { params } = trained;
  const moved = params.map((value, i) => value - (start[i] as number));
  return {
    kernel: moved.subarray(0, INPUTS * UNITS),
    bias: moved.subarray(INPUTS * UNITS, (INPUTS + 1) * UNITS),
    seen: Array.from({ length: rows }, (_, row) =>
      inputs.slice(row * INPUTS, (row + 1) * INPUTS).map((value) => (value - 2) / 3),
    ),
  };
}

function distance(a: Float32Array | undefined, b: Float32Array | undefined): number {
  assert.ok(a !== undefined && b !== undefined);
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b[i] as number)) ** 2, 0) / a.length);
}

describe("the inversion of an update", () => {
  it("gives the one example that was trained on, however many steps it took", async () => {
    const { seen, ...change } = await updateOf(1);
    const [answer] = invertUpdate(change);
    assert.ok(distance(answer, seen[0]) < 1e-4, `off by ${distance(answer, seen[0])} deviations`);
  });

  it("gives no example of many in its first answer", async () => {
    const { seen, ...change } = await updateOf(30);
    const [answer] = invertUpdate(change);
    for (const one of seen) assert.ok(distance(answer, one) > 0.3);
  });

  it("gives nothing of it under dp-sgd, even at epsilon 8", async () => {
    const { seen, ...change } = await updateOf(1, {
      mechanism: "dp-sgd",
      clipNorm: 1,
      targetEpsilon: 8,
      epochs: 10,
      maxEpsilon: 8,
    });
    for (const answer of invertUpdate(change))
      assert.ok(distance(answer, seen[0]) > 0.3, `off by ${distance(answer, seen[0])} deviations`);
  });

  it("has no answer where nothing moved, and refuses a kernel of another layer", () => {
    assert.deepEqual(invertUpdate({ kernel: new Float32Array(4), bias: new Float32Array(2) }), []);
    assert.throws(() => invertUpdate({ kernel: new Float32Array(5), bias: new Float32Array(2) }), RangeError);
  });
});
