/** Memory for long frames that is used again. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFrameMemory } from "../../../node/net/frame-memory.ts";
import { equalBytes } from "../../../protocol/base/bytes.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { randomBytes } from "../../fuzz/mutate.ts";
import { withNodes } from "../../support/nodes.ts";

const LONG = LIMITS.maxChunkBytes;
const PARTS = "/test/parts/1.0.0";

describe("memory for frames", () => {
  it("is used again once it was given back, by any view of it, and only once", () => {
    const memory = createFrameMemory();
    const first = memory.take(LONG);
    const second = memory.take(LONG);
    assert.notEqual(first.buffer, second.buffer);
    memory.recycle(first.subarray(7, 9));
    memory.recycle(first);
    assert.equal(memory.take(LONG - 1).buffer, first.buffer);
    assert.notEqual(memory.take(LONG).buffer, first.buffer);
  });

  it("is made anew for short frames, which are kept by who asked, and kept for so many as a pull has under way", () => {
    const memory = createFrameMemory();
    const short = memory.take(1000);
    assert.equal(short.length, 1000);
    memory.recycle(short);
    memory.recycle(new Uint8Array(LONG)); // nobody took it here
    assert.notEqual(memory.take(1000).buffer, short.buffer);
    const taken = Array.from({ length: 3 * LIMITS.maxChunksInFlight }, () => memory.take(LONG));
    for (const one of taken) memory.recycle(one);
    const again = taken
      .map(() => memory.take(LONG).buffer)
      .filter((buffer) => taken.some((one) => one.buffer === buffer));
    assert.equal(again.length, LIMITS.maxChunksInFlight);
  });

  it("holds the answers of a link, of which one changes no other that was not given back", () =>
    withNodes([{}, {}], async (a, b) => {
      const parts = [0, 1, 2, 3].map((seed) => randomBytes(createRng(seed), LONG));
      b.transport.onRequest(PARTS, (_from, [part = 0]) => parts[part] as Uint8Array);
      const ask = (part: number) => a.transport.request(b.id, PARTS, Uint8Array.of(part));
      const kept = await ask(0);
      const given = await ask(1);
      a.transport.recycle?.(given);
      const after = await Promise.all([ask(2), ask(3)]);
      assert.deepEqual(
        [kept, ...after].map((answer, i) => equalBytes(answer, parts[i === 0 ? 0 : i + 1] as Uint8Array)),
        [true, true, true],
      );
      assert.deepEqual(
        after.map(({ buffer }) => buffer === given.buffer),
        [true, false],
      );
    }));
});
