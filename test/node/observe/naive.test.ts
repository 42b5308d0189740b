import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { naiveFigure } from "../../../node/observe/naive.ts";
import type { OutputSpec } from "../../../protocol/base/task.ts";

const rows = (targets: readonly number[], width = 1) => ({
  inputs: new Float32Array(targets.length / width),
  targets: Float32Array.from(targets),
  length: targets.length / width,
});
const CLASSES = { output: { kind: "classification", classes: ["a", "b", "c"] } as unknown as OutputSpec };
const TARGETS = { output: { kind: "regression", targets: ["y", "z"] } as unknown as OutputSpec };

describe("the figure without a model", () => {
  it("is the share of held-out rows that are of the commonest class of the rows to train on", () => {
    assert.equal(naiveFigure(CLASSES, rows([0, 1, 1, 2]), rows([1, 1, 0, 2])), 0.5);
    assert.equal(naiveFigure(CLASSES, rows([2, 2, 1]), rows([0, 1])), 0);
  });

  it("is the error of the means of the rows to train on, over all targets together", () => {
    // means 2 and 10; held out (2, 13) and (6, 10): squares 0, 9, 16, 0
    assert.equal(naiveFigure(TARGETS, rows([1, 10, 3, 10], 2), rows([2, 13, 6, 10], 2)), 2.5);
  });

  it("is not there without rows", () => {
    assert.equal(naiveFigure(CLASSES, rows([]), rows([1])), undefined);
    assert.equal(naiveFigure(CLASSES, rows([1]), rows([])), undefined);
  });
});
