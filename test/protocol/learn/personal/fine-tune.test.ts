/** Fine-tuning at the end of life: the best on the hold-out is kept, and the model that was given where none is better. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { trainedOtherwise } from "../../../../protocol/base/trained-otherwise.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { fineTune } from "../../../../protocol/learn/personal/fine-tune.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";

const task = blobTask();
const start = initialParams(task.tensors, 1);
const options = { steps: 100, stepsAtOnce: 10, patience: 2, seed: "tune", age: 0 };

describe("fine-tuning", () => {
  it("keeps the best model on the hold-out, and says what it was worth before and after", async () => {
    const trainer = createDenseTrainer({ task, train: blobs(60, 1), holdout: blobs(60, 2) });
    const { params, steps, before, after } = await fineTune(trainer, start, options);
    assert.ok(after.loss < before.loss / 2 && steps > 0 && steps % 10 === 0);
    assert.deepEqual(await trainer.evaluate(params, "holdout"), after);
  });

  it("trains for the site alone", async () => {
    const seen: unknown[] = [];
    const trainer = createDenseTrainer({ task, train: blobs(60, 1), holdout: blobs(60, 2) });
    const recorded = trainedOtherwise(trainer, (request) => {
      seen.push(request.forSite);
      return trainer.fit(request);
    });
    await fineTune(recorded, start, { ...options, steps: 20 });
    assert.deepEqual(seen, [true, true]);
  });

  it("gives back what it was given where no training is better, after `patience` looks", async () => {
    let looks = 0;
    const worse = {
      fit: async () => ({ params: start.map((one) => one + 1), loss: 1 }),
      evaluate: async () => ({ numExamples: 1, loss: looks++ }),
    };
    const { params, steps } = await fineTune(worse, start, options);
    assert.deepEqual([params === start, steps, looks], [true, 0, 3]);
  });

  it("counts looks without a better model one after another, and takes no more steps than allowed", async () => {
    const losses = [5, 6, 4, 5, 3, 9, 9, 1];
    let taken = 0;
    const trainer = {
      async fit({ steps }: { steps: number }) {
        taken += steps;
        return { params: Float32Array.of(taken), loss: 0 };
      },
      evaluate: async () => ({ numExamples: 1, loss: losses.shift() ?? 0 }),
    };
    const found = await fineTune(trainer, start, options);
    assert.deepEqual([found.steps, found.after.loss, taken], [40, 3, 60]);
  });
});
