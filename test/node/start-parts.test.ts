/** Parts of a peer that `node/start.ts` puts together. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readModel } from "../../node/disk/model-file.ts";
import { modelPath } from "../../node/disk/state-dir.ts";
import type { StartOptions } from "../../node/start-options.ts";
import { openModelFile } from "../../node/start-parts.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import { parseTask } from "../../protocol/task/manifest.ts";

const root = mkdtempSync(join(tmpdir(), "hearsay-start-parts-"));
after(() => rmSync(root, { recursive: true }));

const task = parseTask({
  ...{ name: "model", model: { kind: "softmax" }, input: { shape: [2] } },
  output: { kind: "classification", classes: ["a", "b"] },
});

/** A model, and a trainer to whom the first parameter is the loss of the hold-out. */
const modelOf = (loss: number) => new Float32Array(6).fill(loss);
const trainer = {
  async evaluate([loss = 0]: Float32Array) {
    await sleep(20); // as an engine in another thread
    return { numExamples: 1, loss };
  },
} as unknown as Trainer;

async function lossesInFile(name: string, keepBest: boolean, offers: readonly number[]): Promise<number[]> {
  const options = { stateDir: join(root, name), task, keepBest, modelFileSeconds: 0 } as unknown as StartOptions;
  mkdirSync(options.stateDir);
  const file = await openModelFile(options, "00", trainer);
  const seen: number[] = [];
  for (const [cycle, loss] of offers.entries()) {
    file.offer(modelOf(loss), { peerId: "p", cycle, age: cycle });
    await file.flush();
    seen.push((await readModel(modelPath(options.stateDir), task)).params[0] as number);
  }
  return seen;
}

test("the file has the newest model, or with keepBest the best by the hold-out", async () => {
  assert.deepEqual(await lossesInFile("newest", false, [4, 2, 8]), [4, 2, 8]);
  assert.deepEqual(await lossesInFile("best", true, [4, 2, 8]), [4, 2, 2]);
});

test("a better model that is still looked at when another is offered is in the file at the end", async () => {
  const stateDir = join(root, "quick");
  mkdirSync(stateDir);
  const file = await openModelFile(
    { stateDir, task, keepBest: true, modelFileSeconds: 0 } as unknown as StartOptions,
    "00",
    trainer,
  );
  file.offer(modelOf(4), { peerId: "p", cycle: 1, age: 1 });
  await file.flush();
  file.offer(modelOf(1), { peerId: "p", cycle: 2, age: 2 });
  file.offer(modelOf(3), { peerId: "p", cycle: 3, age: 3 });
  await file.flush();
  assert.equal((await readModel(modelPath(stateDir), task)).params[0], 1);
});
