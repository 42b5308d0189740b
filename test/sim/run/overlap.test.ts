import assert from "node:assert/strict";
import { test } from "node:test";
import type { Participant } from "../../../sim/algorithms/algorithm.ts";
import { labelOverlaps } from "../../../sim/run/overlap.ts";

function participants(labels: readonly (readonly number[])[], honest: (index: number) => boolean = () => true) {
  return labels.map((targets, index) => {
    const data = {
      inputs: new Float32Array(targets.length),
      targets: Float32Array.from(targets),
      length: targets.length,
    };
    return { honest: honest(index), data } satisfies Pick<Participant, "data" | "honest">;
  });
}

test("overlap is 1 where all have the same mixture, in whatever number, and 0 for what nobody else has", () => {
  assert.deepEqual(
    labelOverlaps(
      participants([
        [0, 1],
        [1, 0, 1, 0],
        [0, 1],
      ]),
    ),
    [1, 1, 1],
  );
  const [common, alike, rare] = labelOverlaps(
    participants([
      [0, 1],
      [0, 1],
      [9, 9],
    ]),
  );
  assert.deepEqual([common, alike, rare], [0.5, 0.5, 0]);
});

test("overlap with liars does not count", () => {
  assert.deepEqual(labelOverlaps(participants([[0], [1], [0]], (index) => index !== 2)), [0, 0, 0.5]);
});

test("there is none of targets that are no classes, nor of a peer alone", () => {
  assert.deepEqual(labelOverlaps(participants([[0.5], [1]])), [undefined, undefined]);
  assert.deepEqual(labelOverlaps(participants([[1]])), [undefined]);
});
