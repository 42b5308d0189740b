/** Which tensors of a task are shared. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isNamed, sharedMask, sharedTask } from "../../../protocol/base/shared-tensors.ts";
import { blobTask } from "../../support/blobs.ts";

describe("patterns of tensors", () => {
  const cases: [name: string, pattern: string, fits: boolean][] = [
    ["dense1/kernel", "dense1/kernel", true],
    ["dense1/kernel", "dense1", false],
    ["dense1/kernel", "dense1/*", true],
    ["dense10/kernel", "dense1/*", false],
    ["block/norm/gamma", "*norm*", true],
    ["norm", "*norm*", true],
    ["nor", "*norm*", false],
    ["a", "a*a", false],
    ["aa", "a*a", true],
    ["a/b/c", "a*b*c", true],
    ["a/c", "a*b*c", false],
    ["x", "*", true],
    ["a.b", "a?b", false],
  ];
  for (const [name, pattern, fits] of cases)
    it(`${pattern} ${fits ? "names" : "does not name"} ${name}`, () => assert.equal(isNamed(name, [pattern]), fits));

  it("take no more than name x pattern, whatever a task says", () => {
    const startedMs = performance.now();
    assert.equal(isNamed("a".repeat(256), [`${"a*".repeat(127)}b`]), false);
    assert.ok(performance.now() - startedMs < 1000, "a pattern that backtracks would take for ever");
  });
});

describe("the shared view of a task", () => {
  const model = { kind: "mlp", hidden: [4] };

  it("is the task itself where nothing stays", () => {
    const task = blobTask({ model });
    assert.equal(sharedTask(task), task);
    assert.deepEqual([...sharedMask(task)], [0b1111]);
    const ditto = blobTask({ model, personal: { method: "ditto" } });
    assert.equal(sharedTask(ditto), ditto);
  });

  it("has the tensors that are left, in their order, and a mask over all", () => {
    const task = blobTask({ model, personal: { method: "fedper", tensors: ["*/bias"] } });
    const names = sharedTask(task).tensors.map(([name]) => name);
    assert.deepEqual(names, ["dense0/kernel", "dense1/kernel"]);
    assert.deepEqual([...sharedMask(task)], [0b0101]);
    assert.equal(sharedTask(sharedTask(task)), sharedTask(sharedTask(task)));
  });
});
