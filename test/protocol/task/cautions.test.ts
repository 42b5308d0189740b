import assert from "node:assert/strict";
import { it } from "node:test";
import { cautionsOf } from "../../../protocol/task/cautions.ts";
import { blobTask } from "../../support/blobs.ts";

it("a task of 4 bits with much outer momentum is cautioned about, with field, value and remedy, and no other", () => {
  const cautions = (codec: string, outerMomentum?: number) =>
    cautionsOf(blobTask({ codec, training: { steps: 5, ...(outerMomentum !== undefined && { outerMomentum }) } }));
  const [caution, ...more] = cautions("int4", 0.7);
  assert.deepEqual(more, []);
  assert.match(caution ?? "", /^codec: int4 with training\.outerMomentum 0\.7: .*take 0\.5 at most, or codec int8$/);
  for (const [codec, momentum] of [
    ["int4", 0.5],
    ["int4", undefined],
    ["int8", 0.95],
    ["f32", 0.95],
  ] as const)
    assert.deepEqual(cautions(codec, momentum), []);
});
