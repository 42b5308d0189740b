/** How evenly peers are heard: from rows of a report, and in a run. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fairnessOf, jainIndex } from "../../../sim/run/fairness.ts";
import type { PeerRow } from "../../../sim/run/report.ts";
import { runBlobs } from "../../support/experiments.ts";

const row = (index: number, merges: PeerRow["merges"], changes: Partial<PeerRow> = {}): PeerRow => ({
  ...{ index, honest: true, cycles: 1, bytesOut: 1, rows: 1, merges, meanWeight: 1 },
  ...changes,
});

describe("Jain's index", () => {
  it("is 1 where all have as much, 1 / n where one has all, whatever the unit", () => {
    assert.equal(jainIndex([3, 3, 3]), 1);
    assert.equal(jainIndex([1, 0, 0, 0]), 0.25);
    assert.equal(jainIndex([10, 20, 30]), jainIndex([1, 2, 3]));
    assert.ok(Math.abs(jainIndex([1, 2, 3]) - 36 / 42) < 1e-12);
    assert.equal(jainIndex([0, 0]), 1);
  });
});

describe("fairness", () => {
  it("counts what honest peers took in, of honest peers and of liars", () => {
    const rows = [
      row(0, { used: 2, clipped: 1, removed: 9 }),
      row(1, { duplicate: 3 }),
      row(2, { used: 2 }, { honest: false }),
    ];
    assert.deepEqual(fairnessOf(rows), { jain: 1, honestShare: 0.75 });
    const uneven = [row(0, { used: 2, clipped: 1 }), row(1, { used: 1 }), row(2, { used: 4 }, { honest: false })];
    assert.deepEqual(fairnessOf(uneven), { jain: 0.8, honestShare: 0.5 }); // (3 + 1)^2 / (2 (9 + 1)): a liar is not among those who should be heard
    assert.deepEqual(fairnessOf([row(0, {})]), { jain: 1, honestShare: 1 });
  });

  it("says how much peers with rare data move, of what others do: how often they are heard counts too", () => {
    const others = Array.from({ length: 9 }, (_, i) => row(i, { used: 10 }, { overlap: 0.5, influence: 0.2 }));
    const often = row(9, { used: 10 }, { overlap: 0.1, influence: 0.1 });
    assert.equal(fairnessOf([...others, often]).rare, 0.5);
    const seldom = row(9, { used: 5 }, { overlap: 0.1, influence: 0.1 });
    assert.equal(fairnessOf([...others, seldom]).rare, 0.25);
  });

  it("is in the summary of a run that asks for it, with what merges explain; and of no other", async () => {
    const { summary, peers } = await runBlobs({ metrics: { points: 3, fairness: true } });
    const { jain, honestShare, rare } = summary.fairness ?? assert.fail();
    assert.ok(jain > 0.8 && jain <= 1 && honestShare === 1 && (rare ?? 0) > 0);
    assert.ok(peers.every(({ influence = 0, overlap = 0 }) => influence > 0 && overlap > 0));
    assert.equal("fairness" in (await runBlobs({ metrics: { points: 3 } })).summary, false);
  });
});
