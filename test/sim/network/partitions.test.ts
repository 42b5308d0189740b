import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPartitions } from "../../../sim/network/partitions.ts";
import { networkSchema } from "../../../sim/network/schema.ts";

const of = (partitions: readonly object[], peers = 10) =>
  createPartitions(networkSchema.parse({ partitions }).partitions, peers, 1000, 1000);

describe("partitions", () => {
  it("cut at their beginning and heal at their end, to the millisecond", () => {
    const { changesMs, together } = of([{ from: 0.2, to: 0.5 }]);
    assert.deepEqual(changesMs, [1200, 1500]);
    const over = (nowMs: number) => together(4, 5, nowMs);
    assert.deepEqual([over(1199), over(1200), over(1499), over(1500)], [true, false, false, true]);
    assert.ok(together(0, 4, 1300) && together(5, 9, 1300), "the two halves are whole");
  });

  it("come in blocks that differ by one peer at the most, take turns, or are one peer and the rest", () => {
    const groups = (by: string) => {
      const { together } = of([{ from: 0, to: 1, groups: 3, by }]);
      return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((peer) =>
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].findIndex((first) => together(first, peer, 1000)),
      );
    };
    assert.deepEqual(groups("blocks"), [0, 0, 0, 0, 4, 4, 4, 7, 7, 7]);
    assert.deepEqual(groups("modulo"), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
    assert.deepEqual(groups("one"), [0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
  });

  it("hold together: where two overlap, peers must be on the same side of both", () => {
    const { changesMs, together } = of([
      { from: 0, to: 0.5 },
      { from: 0.25, to: 0.5, by: "modulo" },
    ]);
    assert.deepEqual(changesMs, [1000, 1250, 1500], "each time once");
    assert.deepEqual([together(0, 1, 1100), together(0, 1, 1300), together(0, 2, 1300)], [true, false, true]);
  });

  it("end after they begin", () => {
    const parsed = networkSchema.safeParse({ partitions: [{ from: 0.5, to: 0.5 }] });
    assert.deepEqual(parsed.error?.issues[0]?.path, ["partitions", 0, "to"]);
  });
});
