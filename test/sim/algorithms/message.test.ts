import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeModel, encodeModel } from "../../../sim/algorithms/message.ts";

describe("a model message", () => {
  const message = { round: 2 ** 32 - 1, weight: 70_000, params: Float32Array.of(1.5, -0, Number.NaN, 1e-40) };

  it("is little-endian: round, weight, parameters", () => {
    const body = encodeModel({ round: 1, weight: 256, params: Float32Array.of(1) });
    assert.deepEqual([...body], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 128, 63]);
  });

  it("comes back as it went, wherever it lies in memory", () => {
    for (const offset of [0, 1, 4]) {
      const body = encodeModel(message);
      const shifted = new Uint8Array(body.length + offset).subarray(offset);
      shifted.set(body);
      assert.deepEqual(decodeModel(shifted), message);
    }
  });
});
