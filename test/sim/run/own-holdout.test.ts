/** Peers that are measured on rows of their own: which those are. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Task } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { ownHoldout } from "../../../sim/run/own-holdout.ts";
import { blobTask } from "../../support/blobs.ts";

/** One input a row: its number. */
const rows = (targets: readonly number[], owners?: readonly string[]): Dataset => ({
  inputs: Float32Array.from(targets, (_, i) => i),
  targets: Float32Array.from(targets),
  length: targets.length,
  ...(owners && { owners }),
});
const regression = { output: { kind: "regression", targets: ["t"], mean: [0], std: [1] } } as const;

describe("the hold-out of one peer", () => {
  it("has all rows of its owners, where the data name owners", () => {
    const held = ownHoldout(rows([0, 1, 0, 1], ["a", "b", "c", "b"]), rows([1, 1], ["b", "b"]), blobTask());
    assert.deepEqual([...held.inputs], [1, 3]);
  });

  it("has the peer's share of each class, where there is none of its owners", () => {
    const all = rows([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    const held = ownHoldout(all, rows([0, 0, 0, 0, 1, 1]), blobTask());
    assert.deepEqual([...held.targets], [0, 0, 0, 0, 1, 1]);
    const others = ownHoldout(rows([0, 1], ["a", "b"]), rows([1], ["c"]), blobTask());
    assert.deepEqual([...others.targets], [1]);
  });

  it("is refused where there is no such row, or nothing says which are its own", () => {
    const task = regression as unknown as Task;
    assert.throws(() => ownHoldout(rows([1, 2]), rows([1, 2]), task), /no row of the hold-out is of an owner/);
    assert.throws(() => ownHoldout(rows([1], ["a"]), rows([1], ["b"]), task), /no row of the hold-out is of an owner/);
    assert.throws(() => ownHoldout(rows([0]), rows([1]), blobTask()), /no row/);
  });
});
