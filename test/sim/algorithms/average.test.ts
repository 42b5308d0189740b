import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { average, weightedSum } from "../../../sim/algorithms/average.ts";

describe("sums of models", () => {
  it("weigh each model, and leave it as it is", () => {
    const models = [Float32Array.of(1, 2), Float32Array.of(3, -6)];
    assert.deepEqual(weightedSum(models, [0.25, 0.75]), Float32Array.of(2.5, -4));
    assert.deepEqual(average(models), Float32Array.of(2, -2));
    assert.deepEqual(models, [Float32Array.of(1, 2), Float32Array.of(3, -6)]);
  });

  it("refuse what has no sum", () => {
    assert.throws(() => average([]), RangeError);
    assert.throws(() => weightedSum([Float32Array.of(1)], [0.5, 0.5]), RangeError);
    assert.throws(() => average([Float32Array.of(1), Float32Array.of(1, 2)]), RangeError);
  });
});
