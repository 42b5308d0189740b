import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createClosing, ENDS_WITHIN_MS } from "../../node/closing.ts";

describe("closing", () => {
  it("closes the newest first, each once, and all of them whatever others throw; the first error is told", async () => {
    const closing = createClosing();
    const closed: string[] = [];
    const fails = (name: string) => () => {
      closed.push(name);
      throw new Error(name);
    };
    closing.add("one", () => closed.push("one"));
    closing.add("two", fails("two"));
    closing.add("three", async () => fails("three")());
    closing.add("four", () => closed.push("four"));
    await assert.rejects(closing.close(), { message: "three" });
    await assert.rejects(closing.close(), { message: "three" });
    assert.deepEqual(closed, ["four", "three", "two", "one"]);
  });

  it("waits longer for what writes to disk than for other steps", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const told: string[] = [];
    for (const [what, withinMs] of [["the network"], ["the database", ENDS_WITHIN_MS.writing]] as const) {
      const closing = createClosing();
      closing.add(what, () => new Promise(() => {}), withinMs);
      closing.close().catch(({ message }) => told.push(message));
    }
    const after = async (ms: number) => {
      t.mock.timers.tick(ms);
      await new Promise(setImmediate);
    };
    await after(ENDS_WITHIN_MS.step);
    assert.deepEqual(told, ["the network did not end within 2 s"]);
    await after(ENDS_WITHIN_MS.writing - ENDS_WITHIN_MS.step - 1);
    assert.equal(told.length, 1);
    await after(1);
    assert.equal(told[1], "the database did not end within 6 s");
  });

  it("does not wait for one that hangs, and names it", async () => {
    const closing = createClosing();
    let closed = false;
    closing.add("the database", () => {
      closed = true;
    });
    closing.add("the network", () => new Promise(() => {}), 20);
    await assert.rejects(closing.close(), { code: "ERR_TIMEOUT", message: "the network did not end within 0.02 s" });
    assert.ok(closed);
  });
});
