/** Two camps whose data contradict each other, and peers that prefer who has data alike: whether the camps still hear each other. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PeerId } from "../../../protocol/base/seams.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { DEFAULT_SELECTION } from "../../../protocol/select/selector.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { createCrowd, mergesOf } from "../../support/crowd.ts";

const CAMP = 4;
const task = blobTask({ aggregation: { inboxSize: 2, quorum: 1, rule: "mean" }, staleness: { cutoff: 4 } });

/** The blobs, of which the second camp calls a class by the name of another. */
function rowsOf(index: number, length: number, seed: number): Dataset {
  const rows = blobs(length, seed);
  return index < CAMP ? rows : { ...rows, targets: rows.targets.map((label) => (label === 2 ? 2 : 1 - label)) };
}

/** Of the models in the last half of the merges, the share of the other camp; and how many peers the first hears of, directly or through others. */
async function heard(floor: number): Promise<{ readonly across: number; readonly reached: number }> {
  const crowd = createCrowd({ task, proofs: false });
  for (let i = 0; i < 2 * CAMP; i++)
    await crowd.join(i, {
      ...{ train: rowsOf(i, 60, i), holdout: rowsOf(i, 40, 50 + i) },
      selection: { ...DEFAULT_SELECTION, by: "affinity", floor },
    });
  await crowd.run(80_000);
  const campOf = new Map(crowd.members.map(({ peerId }, i) => [peerId, Math.floor(i / CAMP)]));
  let [models, across] = [0, 0];
  const hears = new Map<PeerId, Set<PeerId>>();
  for (const member of crowd.members) {
    const merges = await mergesOf(member);
    const parents = merges.slice(merges.length / 2).flatMap((merge) => merge.parents.map(({ peer }) => peer));
    hears.set(member.peerId, new Set(parents));
    models += parents.length;
    across += parents.filter((peer) => campOf.get(peer) !== campOf.get(member.peerId)).length;
  }
  return { across: across / models, reached: reachedFrom(crowd.members[0]?.peerId ?? assert.fail(), hears) };
}

function reachedFrom(first: PeerId, hears: ReadonlyMap<PeerId, ReadonlySet<PeerId>>): number {
  const reached = new Set([first]);
  for (const peer of reached) for (const other of hears.get(peer) ?? []) reached.add(other);
  return reached.size;
}

describe("two camps that go by affinity", () => {
  it("form no islands: they hear each other less than by chance, more with the floor than without, and what one learns reaches all", async () => {
    const [without, floored, chance] = [await heard(0), await heard(DEFAULT_SELECTION.floor), await heard(1)];
    assert.ok(chance.across > 0.5, `${chance.across}: four of seven`);
    assert.ok(floored.across < chance.across - 0.1, `${floored.across} of what is merged comes from the other camp`);
    assert.ok(
      floored.across > without.across + 0.02,
      `${without.across} without the floor: what was seen is forgotten, so each is tried anew`,
    );
    assert.equal(floored.reached, 2 * CAMP);
  });
});
