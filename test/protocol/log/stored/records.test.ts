/** Which generation of a log comes next. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generationAfter } from "../../../../protocol/log/stored/records.ts";

const MINUTE_MS = 60_000;
const NOW_MS = 1_790_000_000_000;

describe("the generation after one that is known", () => {
  it("is another each time that a store is put back from the same backup", () => {
    const first = generationAfter(0, NOW_MS);
    assert.equal(first, Math.floor(NOW_MS / MINUTE_MS));
    assert.ok(generationAfter(0, NOW_MS + MINUTE_MS) > first);
    assert.ok(first < 2 ** 32);
  });

  it("is above the one known, even where the clock runs behind", () => {
    const known = Math.floor(NOW_MS / MINUTE_MS) + 5;
    assert.equal(generationAfter(known, NOW_MS), known + 1);
    assert.equal(generationAfter(known, 0), known + 1);
  });
});
