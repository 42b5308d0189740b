/** Rows of a series hold what was known, and nothing of what was missing is made up. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLags, type LagOutcome, type LagSpec, parseLags } from "../../../../protocol/learn/data/lags.ts";

/** What comes of values that are ten times their step. */
function outcomes(spec: LagSpec, steps: readonly number[]): (string | readonly number[])[] {
  const lags = createLags(spec);
  const shown = (outcome: LagOutcome) => (typeof outcome === "string" ? outcome : outcome.lags);
  return steps.map((step) => shown(lags.add(step, 10 * step)));
}

describe("rows of a series", () => {
  it("hold the values before the moment of the forecast, the newest first", () => {
    assert.deepEqual(outcomes({ lags: [1, 3], horizon: 1 }, [0, 1, 2, 3, 4]).slice(3), [
      [20, 0],
      [30, 10],
    ]);
    assert.deepEqual(outcomes({ lags: [1, 2], horizon: 3 }, [0, 1, 2, 3, 4]).slice(3), ["gap", [10, 0]]);
  });

  it("never bridge a gap", () => {
    assert.deepEqual(outcomes({ lags: [1, 2], horizon: 1 }, [0, 1, 2, 4, 5, 6]), [
      "gap",
      "gap",
      [10, 0],
      "gap",
      "gap",
      [50, 40],
    ]);
  });

  it("take no step twice, and none that comes too late", () => {
    assert.deepEqual(outcomes({ lags: [1], horizon: 1 }, [0, 1, 1, 0, 2]), ["gap", [0], "again", "back", [10]]);
  });

  it("can be had for a step that has not come", () => {
    const lags = createLags({ lags: [1, 2], horizon: 2 });
    for (const step of [0, 1, 2, 3]) lags.add(step, 10 * step);
    assert.deepEqual(lags.at(5), { lags: [30, 20] });
  });

  for (const text of ["", "0", "1..", "..3", "3..1", "1,,2", "1..101", "one"])
    it(`"${text}" names no lags`, () => {
      assert.equal(parseLags(text, 100), undefined);
    });
});
