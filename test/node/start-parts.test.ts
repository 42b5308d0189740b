/** Parts of a peer that `node/start.ts` puts together. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createClosing, ENDS_WITHIN_MS } from "../../node/closing.ts";
import { readModel } from "../../node/disk/model-file.ts";
import { modelPath } from "../../node/disk/state-dir.ts";
import type { StartOptions } from "../../node/start-options.ts";
import { openBodies, openDatabase, openModelFile, openReleaseSite } from "../../node/start-parts.ts";
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

test("what writes to disk when it is closed has the time of a slow memory card for it", async () => {
  const stateDir = join(root, "slow");
  const options = { stateDir, task, retention: { megabytes: 1, days: 1 } } as unknown as StartOptions;
  const closing = createClosing();
  const withinMs = new Map<string, number | undefined>();
  const noted: typeof closing = {
    ...closing,
    add(what, close, ms) {
      withinMs.set(what, ms);
      closing.add(what, close, ms);
    },
  };
  await openDatabase(options, noted);
  openBodies(options, noted);
  openReleaseSite(options, "00", "p", noted);
  await closing.close();
  for (const what of ["the database", "the archive", "the file of the release"])
    assert.equal(withinMs.get(what), ENDS_WITHIN_MS.writing, what);
});
