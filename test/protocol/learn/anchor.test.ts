/** Trainings that are drawn to another model, or held at it tensor by tensor (FitRequest.anchor). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTensorflowTrainer } from "../../../node/engines/tensorflow.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { initialParams, tensorSlices } from "../../../protocol/learn/tensors.ts";
import { distance, learningTask, randomData } from "../../support/learning.ts";

const task = learningTask({ kind: "mlp", hidden: [6, 5], activation: "relu" }, { training: { momentum: 0.9 } });
const train = randomData(task, 40, "rows");
const params = initialParams(task.tensors, 1);
const to = initialParams(task.tensors, 2);
const request = { params, steps: 7, seed: "s" };
const dense = (plain: boolean) => createDenseTrainer({ task, train, plain });

describe("a training with an anchor", () => {
  it("holds the tensors whose pull is 1 to the bit, and trains the others", async () => {
    const pulls = [1, 0, 0, 1, 0, 0];
    const { params: after } = await dense(false).fit({ ...request, anchor: { to: params, pulls } });
    for (const [i, { offset, length }] of tensorSlices(task.tensors).entries()) {
      const moved = distance(after.subarray(offset, offset + length), params.subarray(offset, offset + length));
      assert.equal(moved === 0, pulls[i] === 1, `tensor ${i} moved by ${moved}`);
    }
  });

  it("has the same bits with kernels and without, and those of no anchor where nothing pulls", async () => {
    const pulls = [0.1, 0.2, 1, 0, 0.3, 0.05];
    const anchor = { to, pulls };
    assert.deepEqual(await dense(false).fit({ ...request, anchor }), await dense(true).fit({ ...request, anchor }));
    const free = { to, pulls: pulls.map(() => 0) };
    const { isAnchored, ...same } = await dense(false).fit({ ...request, anchor: free });
    assert.ok(isAnchored);
    assert.deepEqual(same, await dense(false).fit(request));
  });

  it("ends the nearer at the anchor the stronger it pulls", async () => {
    const distances: number[] = [];
    for (const pull of [0, 0.05, 0.3, 1]) {
      const anchor = { to, pulls: task.tensors.map(() => pull) };
      distances.push(distance((await dense(false).fit({ ...request, anchor })).params, to));
    }
    assert.deepEqual(
      distances,
      distances.toSorted((a, b) => b - a),
    );
    assert.equal(distances.at(-1), 0);
  });

  it("is the same training in every engine", async () => {
    const anchor = { to, pulls: [0.1, 0.2, 1, 0, 0.3, 0.05] };
    const trainer = await createTensorflowTrainer({ task, train, backend: "cpu" });
    const [a, b] = [await trainer.fit({ ...request, anchor }), await dense(false).fit({ ...request, anchor })];
    await trainer.close();
    assert.ok(distance(a.params, b.params) < 1e-5);
  });

  it("is refused where it does not fit the model", async () => {
    const pulls = task.tensors.map(() => 0.5);
    for (const anchor of [
      { to: to.slice(1), pulls },
      { to, pulls: pulls.slice(1) },
      { to, pulls: pulls.map(() => 1.5) },
    ])
      await assert.rejects(dense(false).fit({ ...request, anchor }), RangeError);
  });
});
