/** A cycle that ends without a merge says how few models there were, and not what came while it was saved. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMerging } from "../../../../protocol/peer/loop/merging.ts";

test("the models of a cycle alone are those at its end: one that comes while the cycle is saved would make a quorum of too few", async () => {
  const told: unknown[] = [];
  let fresh = 0;
  const components = {
    inbound: { fresh: () => fresh },
    saving: { alone: async () => void fresh++ },
    reports: { tell: (event: unknown) => told.push(event) },
  };
  const merging = createMerging(components as never, { task: { aggregation: { quorum: 1 } } } as never);
  await merging.alone({} as never, 7);
  assert.deepEqual(told, [{ kind: "alone", cycle: 7, candidates: 0, quorum: 1 }]);
});
