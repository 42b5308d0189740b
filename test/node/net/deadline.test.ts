/** A signal that aborts after a time or with another, and leaves nothing behind. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { createDeadline } from "../../../node/net/deadline.ts";

/** The reason with which a signal aborts. */
const aborted = (signal: AbortSignal) =>
  new Promise<unknown>((resolve) => signal.addEventListener("abort", () => resolve(signal.reason), { once: true }));

describe("a deadline", () => {
  it("aborts with a TimeoutError when its time is over, and says that it is late", async () => {
    const deadline = createDeadline(5);
    const kept = setInterval(() => {}, 1000); // the deadline's own timer keeps no process alive
    const reason = await aborted(deadline.signal);
    clearInterval(kept);
    assert.ok(reason instanceof DOMException);
    assert.equal(reason.name, "TimeoutError");
    assert.equal(deadline.isLate, true);
    deadline.end();
  });

  it("aborts with the other signal and its reason, and is not late then", async () => {
    const other = new AbortController();
    const deadline = createDeadline(60_000, other.signal);
    const why = new Error("enough");
    other.abort(why);
    assert.equal(deadline.signal.reason, why);
    assert.equal(deadline.isLate, false);
    deadline.end();
    const late = createDeadline(60_000, other.signal);
    assert.equal(late.signal.reason, why, "a signal that has aborted before");
    late.end();
  });

  it("does not abort any more after its end, and no listener stays on the other signal", async () => {
    const other = new AbortController();
    const deadline = createDeadline(1, other.signal);
    assert.equal(getEventListeners(other.signal, "abort").length, 1);
    deadline.end();
    assert.equal(getEventListeners(other.signal, "abort").length, 0);
    other.abort(new Error("enough"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(deadline.signal.aborted, false);
    assert.equal(deadline.isLate, false);
  });
});
