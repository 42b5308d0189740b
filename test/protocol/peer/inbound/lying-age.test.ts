import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { UNIT_WEIGHT } from "../../../../protocol/base/weight.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";
import {
  accuracyOf,
  type Crowd,
  createCrowd,
  identityOf,
  type LoggedMerge,
  type Member,
  mergesOf,
} from "../../../support/crowd.ts";
import { lyingAboutAge } from "../../../support/transports.ts";

const STEPS = 5;
const CUTOFF = 8;
const FLOOR = Math.round(0.8 * UNIT_WEIGHT);
const task = blobTask({
  training: { steps: STEPS, batch: 16 },
  aggregation: { rule: "weighted-median" },
  staleness: { cutoff: CUTOFF },
});
const HONEST = 6;
const LIAR = 50;

/** Honest peers of different speeds, and perhaps one more that claims `lie(age)`. */
async function world(lie?: (age: number) => number): Promise<Crowd> {
  const crowd = createCrowd({ task, minCycleMs: 150, proofs: false }); // the log could lie as well
  for (let i = 0; i < HONEST; i++) await crowd.join(i, { trainMs: 150 + 20 * i });
  if (lie !== undefined) {
    await crowd.join(LIAR, { trainMs: 200, wrapTransport: lyingAboutAge(identityOf(LIAR), lie) });
  }
  await crowd.run(4_500);
  return crowd;
}

const honestOf = (crowd: Crowd) => crowd.members.slice(0, HONEST);
const agesOf = (members: readonly Member[]) => members.map(({ peer }) => peer.status().age);
const liarId = identityOf(LIAR).peerId;

/** What the liar's models weighed in the merges of the honest. */
async function weightsOfLiar(crowd: Crowd): Promise<number[]> {
  const merges = (await Promise.all(honestOf(crowd).map(mergesOf))).flat();
  const ofLiar = merges.flatMap(({ parents }) => parents.filter(({ peer }) => peer === liarId));
  return ofLiar.map(({ weightQ16 }) => weightQ16).filter((weight) => weight > 0); // 0: too old for the merge
}

describe("a peer that lies about its age", () => {
  let agesWithout: number[] = [];
  let honestWeights: number[] = [];
  before(async () => {
    agesWithout = agesOf(honestOf(await world()));
    honestWeights = await weightsOfLiar(await world((age) => age));
    assert.ok(Math.min(...agesWithout) > CUTOFF * STEPS, "the worlds are long enough for the cut-off to matter");
    assert.ok(honestWeights.length > 100);
  });

  const lies: [claim: string, lie: (age: number) => number][] = [
    ["0", () => 0],
    ["one step", () => 1],
    ["the greatest", () => LIMITS.maxAge],
    ["twice its age", (age) => 2 * age],
    ["its age and a million", (age) => age + 1e6],
    ["its age and 10 cycles", (age) => age + 10 * STEPS],
    ["10 cycles less than its age", (age) => Math.max(0, age - 10 * STEPS)],
    ["-1", () => -1],
    ["half a step", (age) => age + 0.5],
  ];
  for (const [claim, lie] of lies) {
    it(`claiming ${claim} weighs no more than an honest fresh one, and moves nobody's age`, async () => {
      const crowd = await world(lie);
      const weights = await weightsOfLiar(crowd);
      assert.ok(weights.every((weight) => weight >= FLOOR && weight <= UNIT_WEIGHT));
      assert.ok(weights.length <= honestWeights.length + HONEST, "nor is it read more often");
      for (const [i, age] of agesOf(honestOf(crowd)).entries()) {
        const without = agesWithout[i] as number;
        assert.ok(Math.abs(age - without) <= 3 * STEPS, `peer ${i}: age ${age}, ${without} without the liar`);
      }
    });
  }

  it("claiming no whole number in 0 .. 2^53 - 1 is not heard at all", async () => {
    const crowd = await world(() => -1);
    assert.deepEqual(await weightsOfLiar(crowd), []);
    for (const { peer } of honestOf(crowd)) assert.ok((peer.status().counters.refused.ERR_DECODE ?? 0) > 0);
  });
});

describe("a hostile peer with a crafted age", () => {
  /** Three honest peers of some age, and one hostile; `offer` runs when they are old enough. */
  async function scene(cycles: number, memory = 16) {
    const crowd = createCrowd({
      task: blobTask({
        training: { steps: STEPS, batch: 16 },
        aggregation: { rule: "median", quorum: 1, memory },
        staleness: { cutoff: CUTOFF },
      }),
    });
    for (let i = 0; i < 3; i++) await crowd.join(i);
    const hostile = crowd.joinHostile(LIAR);
    await crowd.run(1000 * cycles + 500); // in the middle of a cycle
    const [reader] = crowd.members as [Member, ...Member[]];
    const age = reader.peer.status().age + STEPS; // of its model in the merge that comes next
    return { crowd, hostile, reader, age };
  }

  const shareOf = (merge: LoggedMerge | undefined) => merge?.parents.find(({ peer }) => peer === liarId);

  it("is used with the least weight at the cut-off, and dropped beyond it, where the log gives it weight 0", async () => {
    for (const [behind, expected] of [
      [0, UNIT_WEIGHT],
      [-1000, UNIT_WEIGHT],
      [CUTOFF * STEPS, FLOOR],
      [CUTOFF * STEPS + 1, 0],
      [(CUTOFF + 5) * STEPS, 0],
    ] as const) {
      const { crowd, hostile, reader, age } = await scene(CUTOFF + 6, 0);
      await hostile.offer({ age: age - behind });
      await crowd.run(1000);
      const merge = (await mergesOf(reader)).at(-1);
      assert.equal(merge?.parents.length, 3, "the two others and the hostile one");
      assert.equal(shareOf(merge)?.weightQ16, expected, `${behind} steps behind`);
      if (expected === 0) assert.equal(shareOf(merge)?.status, "removed");
      assert.ok(
        hostile.asked.some(({ from }) => from === reader.peerId),
        "its body was pulled",
      );
    }
  });

  it("too old does not make a quorum: below one of young ones a peer goes on alone, and its age with it", async () => {
    const crowd = createCrowd({ task });
    for (let i = 0; i < 3; i++) await crowd.join(i); // the quorum is three others
    const hostile = crowd.joinHostile(LIAR);
    await crowd.run(1000 * (CUTOFF + 4) + 500);
    const [reader] = crowd.members as [Member];
    const before = reader.peer.status();
    for (let i = 0; i < 3; i++) {
      await hostile.offer({ age: 0 });
      await crowd.run(1000);
    }
    const after = reader.peer.status();
    assert.equal(after.fresh, 3);
    assert.equal(after.counters.merges, 0);
    assert.equal(after.age, before.age + 3 * STEPS);
    await hostile.offer({ age: after.age });
    await crowd.run(1000);
    assert.equal(reader.peer.status().counters.merges, 1, "a young one does");
  });

  it("that falls silent grows stale by the clock of the reader, whatever it claimed, and is gone at the cut-off", async () => {
    const { crowd, hostile, reader } = await scene(5);
    await hostile.offer({ age: LIMITS.maxAge });
    await crowd.run(1000 * (CUTOFF + 5));
    const merges = (await mergesOf(reader)).slice(-(CUTOFF + 5));
    const weights = merges.map((merge) => shareOf(merge)?.weightQ16);
    assert.deepEqual(weights.slice(0, 2), [UNIT_WEIGHT, FLOOR]);
    assert.deepEqual(weights, [UNIT_WEIGHT, ...Array(CUTOFF).fill(FLOOR), ...Array(4).fill(undefined)]);
    assert.ok(reader.peer.status().age < 40 * STEPS, "its age moved nobody");
  });

  it("cannot capture a late joiner, as long as liars are a minority of those it hears", async () => {
    const crowd = createCrowd({ task });
    for (let i = 0; i < 5; i++) await crowd.join(i);
    await crowd.run(40_000);
    const poison = new Float32Array((crowd.members[0] as Member).peer.serving().length).fill(3);
    for (let i = 0; i < 3; i++) {
      const params = poison.map((value, at) => (at === i ? value + 0.01 : value));
      await crowd.joinHostile(LIAR + i).offer({ age: LIMITS.maxAge, params });
    }
    const late = await crowd.join(20, { holdout: blobs(300, 77) });
    await crowd.run(3_000);
    const [first] = await mergesOf(late);
    assert.equal(first?.rule, "catch-up");
    assert.equal(
      first?.parents.length,
      5,
      "all eight were heard; the liars' models are worse than none on its own data",
    );
    const honest = agesOf(crowd.members.slice(0, 5));
    assert.ok((first?.age ?? Infinity) <= Math.max(...honest), "the age is an honest one");
    assert.ok(late.peer.status().age <= Math.max(...honest) + 3 * STEPS);
    assert.ok((await accuracyOf(late)) > 0.8);
  });
});
