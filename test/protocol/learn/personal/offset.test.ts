/** An offset of each site that goes on from what it was: what it keeps, how far a window moves it, and what is shared. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import { sharedTask } from "../../../../protocol/base/shared-tensors.ts";
import { trainedOtherwise } from "../../../../protocol/base/trained-otherwise.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { withPersonal } from "../../../../protocol/learn/personal/personal-trainer.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";

const taskOf = (method: string) =>
  parseTask({
    name: "counters",
    input: { shape: [1] },
    output: { kind: "regression", targets: ["people", "bicycles"] },
    model: { kind: "softmax" },
    training: { learningRate: 0.1, batch: 8 },
    personal: { method },
  });
/** Rows whose targets are 1 and -2, whatever the input, which is 0. */
const rowsOf = (length: number) => ({
  inputs: new Float32Array(length),
  targets: Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 === 0 ? 1 : -2)),
  length,
});
const ZEROS = new Float32Array(4);

/** What stays after each of so many trainings that leave what they are given. */
async function held(method: string, rows: number, trainings: number): Promise<number[][]> {
  const task = taskOf(method);
  const dense = createDenseTrainer({ task, train: rowsOf(rows) });
  const trainer = withPersonal(
    task,
    trainedOtherwise(dense, async (request) => ({ ...(await dense.fit(request)), params: request.params.slice() })),
  );
  const found: number[][] = [];
  for (let i = 0; i < trainings; i++) {
    const { params } = await trainer.fit({ params: ZEROS, steps: 1, seed: `${i}` });
    assert.ok(
      params.every((value) => Math.abs(value) < 1e-6),
      "the offset comes out of what is shared",
    );
    found.push([...(trainer.personal?.state() ?? [])]);
  }
  return found;
}

describe("an offset of each site", () => {
  it("is one number of each output, and every tensor is shared", () => {
    const task = taskOf("offset");
    assert.equal(sharedTask(task), task);
    const { personal } = withPersonal(task, createDenseTrainer({ task, train: rowsOf(3) }));
    assert.deepEqual([...(personal?.state() ?? [])], [0, 0]);
    assert.deepEqual([...(personal?.whole(Float32Array.of(5, 6, 7, 8)) ?? [])], [5, 6, 7, 8]);
    personal?.restore(Float32Array.of(0.5, -1));
    assert.deepEqual([...(personal?.whole(Float32Array.of(5, 6, 7, 8)) ?? [])], [5, 6, 7.5, 7]);
    assert.throws(
      () => personal?.restore(new Float32Array(4)),
      (error: unknown) => isHearsayError(error, "ERR_STATE"),
    );
  });

  it("moves by rows / (rows + 10) of the rest, from where it was: a short window is remembered, where calibration forgets", async () => {
    const close = (found: number[] | undefined, share: number) =>
      assert.ok(
        Math.abs((found?.[0] ?? 0) - share) < 1e-5 && Math.abs((found?.[1] ?? 0) + 2 * share) < 1e-5,
        `${found}`,
      );
    const few = await held("offset", 2, 8);
    for (const [i, found] of few.entries()) close(found, 1 - (10 / 12) ** (i + 1));
    close((await held("offset", 90, 1))[0], 0.9);
    const [, people = 0] = (await held("calibration", 2, 8)).at(-1) ?? [];
    assert.ok(Math.abs(people - 2 / 12) < 1e-5, `${people} of calibration`);
  });

  it("refuses a trainer that says nothing of its outputs, in words", async () => {
    const task = taskOf("offset");
    const { outputMoments: _, ...simple } = createDenseTrainer({ task, train: rowsOf(3) });
    await assert.rejects(
      withPersonal(task, simple).fit({ params: ZEROS, steps: 1, seed: "s" }),
      /personal\.method offset needs that/,
    );
  });
});
