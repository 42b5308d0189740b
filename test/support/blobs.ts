/** A small synthetic classification problem: Gaussian blobs around random centres, for tests that need no real data. */

import { createRng } from "../../protocol/base/rng.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { parseTask } from "../../protocol/task/manifest.ts";

export const BLOB_FEATURES = 6;
export const BLOB_CLASSES = 3;

export function blobs(length: number, seed: number): Dataset {
  const centres = createRng("centres");
  const at = Array.from({ length: BLOB_CLASSES * BLOB_FEATURES }, () => 2 * centres.normal());
  const rng = createRng(seed);
  const inputs = new Float32Array(length * BLOB_FEATURES);
  const targets = Float32Array.from({ length }, () => rng.below(BLOB_CLASSES));
  for (let i = 0; i < inputs.length; i++) {
    const label = targets[Math.floor(i / BLOB_FEATURES)] as number;
    inputs[i] = (at[label * BLOB_FEATURES + (i % BLOB_FEATURES)] as number) + rng.normal();
  }
  return { inputs, targets, length };
}

export function blobTask(changes: Record<string, unknown> = {}): Task {
  return parseTask({
    name: "blobs",
    input: { shape: [BLOB_FEATURES] },
    output: { kind: "classification", classes: ["a", "b", "c"] },
    model: { kind: "softmax" },
    training: { steps: 5, batch: 16 },
    ...changes,
  });
}
