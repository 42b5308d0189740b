/** Drift detectors find what published software finds in published examples, and are quiet where nothing changes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRng } from "../../../../protocol/base/rng.ts";
import { createAdwin } from "../../../../protocol/learn/stream/drift/adwin.ts";
import type { DriftDetector } from "../../../../protocol/learn/stream/drift/detector.ts";
import { createPageHinkley } from "../../../../protocol/learn/stream/drift/page-hinkley.ts";
import { DETECTORS } from "../../../../protocol/learn/stream/drift/registry.ts";
import { publishedStream } from "./published.ts";

function alarms(detector: DriftDetector, errors: readonly number[]): number[] {
  return errors.flatMap((error, i) => (detector.add(error) === undefined ? [] : [i]));
}

/** 0 and 1, with so many ones. */
function coin(share: number, rows: number, seed: string): number[] {
  const rng = createRng(seed);
  return Array.from({ length: rows }, () => Number(rng.uniform() < share));
}

describe("drift detectors", () => {
  it("adwin alarms where the example of River's documentation says it does: at row 1023", () => {
    assert.deepEqual(alarms(createAdwin({ delta: 0.002 }), publishedStream()), [1023]);
  });

  it("page-hinkley alarms where the example of River's documentation says it does: at row 1006", () => {
    const detector = createPageHinkley({ leastRows: 30, delta: 0.005, threshold: 50, fading: 0.9999 });
    assert.deepEqual(alarms(detector, publishedStream()), [1006]);
  });

  it("adwin says which rows are of the new kind", () => {
    const detector = createAdwin({ delta: 0.002 });
    const found = publishedStream().map((error) => detector.add(error));
    assert.equal(
      found[1023],
      32,
      "the look after the change at row 1000 falls 24 rows later, and buckets are cut whole",
    );
  });

  it("adwin is silent where errors become fewer", () => {
    const errors = [...coin(0.8, 1000, "bad"), ...coin(0.1, 1000, "good")];
    assert.deepEqual(alarms(createAdwin({ delta: 0.002 }), errors), []);
  });

  for (const [name, kind] of DETECTORS) {
    it(`${name} goes on after a restart as if there had been none`, () => {
      const errors = [...coin(0.1, 700, "a"), ...coin(0.4, 300, "b")];
      const whole = alarms(kind.create(), errors);
      assert.equal(whole.length > 0, true);
      let detector = kind.create();
      const found = errors.flatMap((error, i) => {
        if (i % 13 === 0) detector = kind.create(JSON.parse(JSON.stringify(detector.state())));
        return detector.add(error) === undefined ? [] : [i];
      });
      assert.deepEqual(found, whole);
    });

    it(`${name} begins anew where what was kept is none of its own`, () => {
      const whole = alarms(kind.create(), coin(0.4, 100, "b"));
      for (const past of [
        [],
        [1],
        [1, 2, 3, null as unknown as number],
        [9, 3, 1, 1],
        [9, 2, 1, 0, 4, 1, 0],
        Array(9999).fill(1),
      ])
        assert.doesNotThrow(() => alarms(kind.create(past), coin(0.4, 100, "b")), String(past.length));
      assert.deepEqual(alarms(kind.create([1, 2]), coin(0.4, 100, "b")), whole);
    });

    it(`${name} gives no alarm in 20,000 rows in which nothing changes`, () => {
      assert.deepEqual(alarms(kind.create(), coin(0.2, 20_000, "steady")), []);
    });

    it(`${name} finds that the errors have gone from 10 to 40 % within 150 rows`, () => {
      const [first = Number.POSITIVE_INFINITY] = alarms(kind.create(), [
        ...coin(0.1, 2000, "a"),
        ...coin(0.4, 500, "b"),
      ]);
      assert.ok(first >= 2000 && first < 2150, String(first));
    });
  }
});
