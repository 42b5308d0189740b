import assert from "node:assert/strict";
import { it } from "node:test";
import { runBlobs } from "../../support/experiments.ts";

it("silent liars train nothing and are merged by nobody, and the honest peers go on", async () => {
  const { summary, peers } = await runBlobs({ attack: { kind: "silent", share: 0.34 } });
  assert.equal(summary.liars, 2);
  for (const { honest, merges, cycles } of peers)
    if (honest) assert.ok(cycles > 0 && (merges.used ?? 0) + (merges.clipped ?? 0) > 0);
    else assert.deepEqual([merges, cycles], [{}, 0]);
});
