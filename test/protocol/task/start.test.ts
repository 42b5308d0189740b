import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { startOf } from "../../../protocol/task/start.ts";

describe("the parameters with which a task begins", () => {
  const task = { tensors: [["kernel", [3, 2]] as const], seed: 7 };

  it("are those that its seed draws", () => {
    assert.deepEqual(startOf(task, undefined, nodeCrypto), initialParams(task.tensors, task.seed));
  });

  it("are one array for all peers of a process", () => {
    assert.equal(startOf(task, undefined, nodeCrypto), startOf(task, undefined, nodeCrypto));
  });
});
