import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createSamples } from "../../../node/observe/samples.ts";

describe("the history of a run", () => {
  it("never holds more than its bound, and covers the whole run evenly however long it is", () => {
    const samples = createSamples<number>({ most: 40, everyMs: 10 });
    for (let nowMs = 0; nowMs < 100_000; nowMs++) {
      if (samples.isDue(nowMs)) samples.add(nowMs, nowMs);
      assert.ok(samples.all().length < 40);
    }
    const all = samples.all();
    assert.ok(all.length >= 20, String(all.length));
    assert.equal(all[0], 0);
    const gaps = new Set(all.slice(1).map((at, i) => at - (all[i] as number)));
    assert.equal(gaps.size, 1, [...gaps].join(" "));
    assert.ok((all.at(-1) as number) > 100_000 - 2 * ([...gaps][0] as number));
  });

  it("says when it was thinned out", () => {
    const samples = createSamples<number>({ most: 4, everyMs: 1 });
    assert.deepEqual(
      [0, 1, 2, 3].map((at) => samples.add(at, at)),
      [false, false, false, true],
    );
    assert.deepEqual(samples.all(), [0, 2]);
  });
});
