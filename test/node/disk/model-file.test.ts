import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createModelFile, readModel } from "../../../node/disk/model-file.ts";
import { encodeInt8 } from "../../../node/exports/int8.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../../protocol/codec/safetensors.ts";
import { roundedTo } from "../../../protocol/learn/smaller.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "hearsay-model-file-"));
after(() => rmSync(folder, { recursive: true }));

const task = parseTask({
  ...{ name: "model", model: { kind: "softmax" }, input: { shape: [2] } },
  output: { kind: "classification", classes: ["a", "b"] },
});
const facts = { peerId: "p", age: 10 };
const path = join(folder, "model.safetensors");
const cycleInFile = async () => (await readModel(path, task)).metadata.cycle;

test("between two writings the file keeps the older model, and at the end it has the newest", async () => {
  const file = createModelFile(path, { task, taskId: "00", writeEveryMs: 3_600_000 });
  const offer = (cycle: number) => file.offer(initialParams(task.tensors, cycle), { ...facts, cycle });
  offer(1);
  await file.flush();
  offer(2);
  offer(3);
  assert.equal(await cycleInFile(), "1");
  await file.flush();
  assert.equal(await cycleInFile(), "3");
});

test("where nothing has to be spared a newer model is in the file at once", async () => {
  const file = createModelFile(path, { task, taskId: "00", writeEveryMs: 0 });
  for (const cycle of [11, 12]) {
    file.offer(initialParams(task.tensors, cycle), { ...facts, cycle });
    for (let tries = 0; tries < 200 && (await cycleInFile()) !== String(cycle); tries++) await sleep(10);
    assert.equal(await cycleInFile(), String(cycle));
  }
});

test("a model of int8 is read as what its weights are now, and refused where a scale is missing or none", async () => {
  const params = initialParams(task.tensors, 5);
  const bytes = encodeInt8(params, task, { format: "x" });
  writeFileSync(path, bytes);
  assert.deepEqual((await readModel(path, task)).params, roundedTo(8, params, task.tensors));
  const { tensors, metadata } = decodeSafetensors(bytes);
  assert.deepEqual(
    tensors.map(({ dtype }) => dtype),
    ["I8", "F32"],
  );
  for (const scale of [undefined, "-1", "0", "1e39", "x"]) {
    const { "scale.dense0/kernel": _, ...rest } = metadata;
    const told = scale === undefined ? rest : { ...rest, "scale.dense0/kernel": scale };
    writeFileSync(path, encodeSafetensors(tensors as Tensor[], told));
    await assert.rejects(readModel(path, task), { code: "ERR_TASK", message: /of int8 with its scale/ }, scale);
  }
});
