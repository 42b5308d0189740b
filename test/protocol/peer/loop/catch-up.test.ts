/** Sybils that come before anybody else to a peer which knows nobody. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { UNIT_WEIGHT } from "../../../../protocol/base/weight.ts";
import { combinedAge, permittedAges } from "../../../../protocol/task/combine.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";
import { accuracyOf, type Crowd, createCrowd, type Member, mergesOf } from "../../../support/crowd.ts";
import type { Hostile } from "../../../support/hostile.ts";

const LATE = 20;
const SYBIL = 50;
const AGE = 2 ** 40;
const task = blobTask();
const holdout = blobs(300, 777);

/** Honest peers that are far ahead of one that starts, which meets three liars first. */
async function scene(honest: number) {
  const crowd = createCrowd({ task });
  for (let i = 0; i < honest; i++) await crowd.join(i, { holdout });
  await crowd.run(30_000);
  const elders = [...crowd.members];
  const late = await crowd.join(LATE, { holdout });
  for (const { peerId } of elders) crowd.world.network.disconnect(late.peerId, peerId);
  const meet = () => {
    for (const { peerId } of elders) crowd.world.network.connect(late.peerId, peerId);
  };
  return { crowd, elders, late, meet };
}

function poison(i: number): Float32Array {
  return new Float32Array(21).map((_, at) => (at === i ? 3.01 : 3));
}

function sybils(crowd: Crowd): Hostile[] {
  return [0, 1, 2].map((i) => crowd.joinHostile(SYBIL + i));
}

async function lie(liars: readonly Hostile[], params: (i: number) => Float32Array): Promise<void> {
  for (const [i, liar] of liars.entries()) await liar.offer({ age: AGE, params: params(i) });
}

const ageOf = ({ peer }: Member) => peer.status().age;

describe("a peer that starts, and meets three liars before anybody else", () => {
  it("waits for a whole merge of models, and takes neither their model nor their age", async () => {
    const { crowd, elders, late, meet } = await scene(5);
    await lie(sybils(crowd), poison);
    await crowd.run(10_000);
    assert.deepEqual(await mergesOf(late), [], "three are not enough");
    meet();
    await crowd.run(5_000);
    const [first] = await mergesOf(late);
    assert.equal(first?.rule, "catch-up");
    assert.equal(first?.parents.length, 5, "who is a quarter of the way to the initial model is left out");
    assert.ok(ageOf(late) <= Math.max(...elders.map(ageOf)));
    assert.ok((await accuracyOf(late)) > 0.8);
  });

  it("keeps its own model after a minute alone with them, and loses their age when others come", async () => {
    const { crowd, elders, late, meet } = await scene(5);
    const liars = sybils(crowd);
    await lie(liars, poison);
    await crowd.run(LIMITS.catchUpWaitMs - 5_000);
    assert.deepEqual(await mergesOf(late), []);
    await lie(liars, (i) => poison(i + 3));
    await crowd.run(8_000);
    const [first] = await mergesOf(late);
    assert.equal(first?.rule, task.aggregation.rule, "their models are worse than its own on its own data");
    assert.ok(ageOf(late) >= AGE, "who has all neighbours has the age");
    meet();
    await crowd.run(8_000);
    assert.ok(ageOf(late) <= Math.max(...elders.map(ageOf)), `${ageOf(late)}`);
    assert.ok((await accuracyOf(late)) > 0.8);
  });

  it("takes three whom its configuration names at once, and nobody else", async () => {
    const crowd = createCrowd({ task });
    for (let i = 0; i < 3; i++) await crowd.join(i, { holdout });
    await crowd.run(30_000);
    const configured = crowd.members.map(({ peerId }) => peerId);
    const good = (crowd.members[0] as Member).peer.current();
    await lie(sybils(crowd), (i) => good.map((value, at) => (at === i ? value + 0.001 : value))); // no copies: each would count
    const late = await crowd.join(LATE, { holdout, configured });
    await crowd.run(1_500);
    const [first] = await mergesOf(late);
    assert.equal(first?.rule, "catch-up");
    const taken = first.parents.filter(({ weightQ16 }) => weightQ16 > 0);
    assert.deepEqual(taken.map(({ peer }) => peer).sort(), configured.sort());
  });
});

describe("the age that comes of a merge", () => {
  const candidates = (...ages: number[]) => ages.map((age) => ({ age, weightQ16: UNIT_WEIGHT }));
  const lead = 64 * task.staleness.cutoff * task.training.steps;

  it("is that of the others where the own one is further ahead than any honest peer, and never falls otherwise", () => {
    const of = (age: number, ...others: number[]) =>
      combinedAge(task, { age, catchUp: false, candidates: candidates(...others) });
    assert.equal(of(AGE, 100, 120, 140, 160), 120);
    assert.equal(of(120 + lead, 100, 120, 140, 160), 120 + lead);
    assert.equal(of(121 + lead, 100, 120, 140, 160), 120);
    assert.equal(of(AGE, 100, 120), AGE, "two are not enough");
    assert.equal(of(AGE, 100, AGE, AGE), AGE);
    assert.equal(of(130, 100, 120, 140), 130);
  });

  it("may be the one that never fell in a log of before", () => {
    const ages = { age: AGE, catchUp: false, candidates: candidates(100, 120, 140) };
    assert.deepEqual(permittedAges(task, ages), [120, AGE]);
  });
});
