/** `hearsay personalise`: what it writes, and when it refuses. */
import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { run } from "../../../../node/commands/peer/personalise.ts";
import { encodeModel, readModel } from "../../../../node/disk/model-file.ts";
import { modelPath } from "../../../../node/disk/state-dir.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import type { Task } from "../../../../protocol/base/task.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";

const FEATURES = ["u", "v", "w", "x", "y", "z"];
const task = blobTask({
  input: { shape: [6], features: FEATURES },
  personal: { method: "fedper", tensors: ["dense1/*"] },
  model: { kind: "mlp", hidden: [6] },
});

function tableOf(task: Task): string {
  const { inputs, targets, length } = blobs(300, 5);
  const { output } = task;
  const classes = output.kind === "classification" ? output.classes : [];
  const rows = Array.from(
    { length },
    (_, i) => `${inputs.subarray(6 * i, 6 * i + 6).join()},${classes[targets[i] ?? 0]}`,
  );
  return `${[...FEATURES, "label"].join()}\n${rows.join("\n")}\n`;
}

describe("hearsay personalise", () => {
  let state: string;
  const facts = { peerId: "peer", cycle: 3, age: 15 };
  const offer = (params: Float32Array) => writeFile(modelPath(state), encodeModel(params, task, "id", facts));
  const personalise = () => run({ state, output: join(state, "personal.safetensors"), steps: "200", json: true });

  before(async () => {
    state = await mkdtemp(join(tmpdir(), "hearsay-personalise-"));
    await writeFile(join(state, "task.cbor"), encodeTask(task));
    await writeFile(join(state, "rows.csv"), tableOf(task));
    await writeFile(
      join(state, "config.yaml"),
      `data:\n  path: ${join(state, "rows.csv")}\n  holdout: 0.3\nengine: dense\n`,
    );
  });
  after(() => rm(state, { recursive: true }));

  it("writes a model that is better on the hold-out, with the tensors of the task and its age", async () => {
    const start = initialParams(task.tensors, 1);
    await offer(start);
    await personalise();
    const { params, metadata } = await readModel(join(state, "personal.safetensors"), task);
    assert.ok(Number(metadata.age) > 15 && metadata.peer === "peer");
    const judge = createDenseTrainer({ task, train: blobs(10, 1), holdout: blobs(200, 6) });
    const [old, now] = [await judge.evaluate(start, "holdout"), await judge.evaluate(params, "holdout")];
    assert.ok(now.loss < old.loss / 2, `${now.loss} of ${old.loss}`);
    await rm(join(state, "personal.safetensors"));
  });

  it("writes nothing where no training is better, and says why", async () => {
    const all = createDenseTrainer({ task, train: blobs(300, 5) }); // the hold-out is among them
    await offer((await all.fit({ params: initialParams(task.tensors, 1), steps: 3000, seed: "s" })).params);
    await assert.rejects(
      personalise(),
      (error: unknown) => isHearsayError(error, "ERR_DATA") && /nothing is written/.test(error.message),
    );
    await assert.rejects(stat(join(state, "personal.safetensors")));
  });

  it("refuses a number of steps that is none", async () => {
    await assert.rejects(run({ state, output: "x", steps: "some" }), (error: unknown) =>
      isHearsayError(error, "ERR_CONFIG"),
    );
  });
});
