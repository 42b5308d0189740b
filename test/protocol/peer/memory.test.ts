import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { toHex } from "../../../protocol/base/bytes.ts";
import { blobTask } from "../../support/blobs.ts";
import { type Crowd, createCrowd, type LoggedMerge, type Member, mergesOf } from "../../support/crowd.ts";

const CUTOFF = 4;

interface Scene {
  readonly peers: number;
  readonly inboxSize: number;
  readonly memory: number;
  readonly cutoff?: number;
  /** Duration of the trainings of all but the first, ms; a cycle of the first takes a second. */
  readonly othersMs?: number;
}

async function world(
  { peers, inboxSize, memory, cutoff = CUTOFF, othersMs = 200 }: Scene,
  cycles = 20,
): Promise<Crowd> {
  const aggregation = { rule: "median", quorum: 2, inboxSize, memory };
  // a gentle hinge without a floor to speak of, so that every cycle of staleness shows in the weight
  const staleness = { function: "hinge", a: 0.5, b: 0, floor: 0.001, cutoff };
  const crowd = createCrowd({ task: blobTask({ training: { steps: 2, batch: 8 }, aggregation, staleness }) });
  for (let i = 0; i < peers; i++) await crowd.join(i, { trainMs: i === 0 ? 200 : othersMs * (1 + i / 10) });
  await crowd.run(1000 * cycles);
  return crowd;
}

/** In how many merges, and with which weights, each model was a parent. */
function lives(merges: readonly LoggedMerge[]): Map<string, { weights: number[]; at: number[] }> {
  const models = new Map<string, { weights: number[]; at: number[] }>();
  for (const [i, { parents }] of merges.entries()) {
    for (const { model, weightQ16 } of parents) {
      const life = models.get(toHex(model)) ?? { weights: [], at: [] };
      life.weights.push(weightQ16);
      life.at.push(i);
      models.set(toHex(model), life);
    }
  }
  return models;
}

/** The staleness for which the hinge gives this weight. */
const cyclesOf = (weightQ16: number) => Math.round((65536 / weightQ16 - 1) / 0.5);

const first = (crowd: Crowd) => crowd.members[0] as Member;

describe("remembered models", () => {
  let crowd: Crowd; // of 12, most of which have nothing new when the first merges
  before(async () => {
    crowd = await world({ peers: 12, inboxSize: 8, memory: 12, othersMs: 9_000 }, 60);
  });

  it("are parents of later merges, with growing staleness, and never beyond the cut-off", async () => {
    const merges = await mergesOf(first(crowd));
    const models = [...lives(merges).values()];
    assert.ok(
      models.some(({ weights }) => cyclesOf(weights.at(-1) as number) === CUTOFF),
      "some live as long as they may",
    );
    for (const { weights, at } of models) {
      assert.deepEqual(
        at,
        at.map((_, i) => (at[0] as number) + i),
        "in one merge after the other",
      );
      assert.ok(at.length <= CUTOFF + 1, `${at.length} merges`);
      for (const [i, weight] of weights.entries()) {
        const cycles = cyclesOf(weight);
        assert.ok(cycles >= i && cycles <= CUTOFF, `weight ${weight} in merge ${i} of the model`);
        assert.ok(i === 0 || weight < (weights[i - 1] as number), `${weights}`);
      }
    }
  });

  it("make a merge of more models than there are new ones", async () => {
    const merges = (await mergesOf(first(crowd))).filter(({ parents }) => parents.length > 0);
    const mean = merges.reduce((sum, { parents }) => sum + parents.length, 0) / merges.length;
    const models = lives(merges).size;
    assert.ok(mean > (1.5 * models) / merges.length, `${mean} parents, ${models} models in ${merges.length} merges`);
  });

  it("do not stand in for new models beyond the k of a cycle", async () => {
    const busy = await world({ peers: 12, inboxSize: 3, memory: 12 });
    const merges = (await mergesOf(first(busy))).slice(3);
    assert.ok(merges.length > 8);
    for (const { parents } of merges) assert.ok(parents.length <= 3 + 1, `${parents.length} parents`); // all others had something new
  });

  it("of a peer that died are gone after the cut-off", async () => {
    const six = await world({ peers: 6, inboxSize: 8, memory: 8 }, 6);
    const dead = six.members[5] as Member;
    dead.peer.stop();
    for (const { peerId } of six.members) six.world.network.disconnect(dead.peerId, peerId);
    const diedMs = six.world.clock.now();
    await six.run(12_000);
    const merges = (await mergesOf(first(six))).filter(({ tsMs }) => tsMs > diedMs);
    const withIt = merges.filter(({ parents }) => parents.some(({ peer }) => peer === dead.peerId)).length;
    assert.ok(withIt >= CUTOFF - 1 && withIt <= CUTOFF + 1, `${withIt} merges`);
    assert.ok(merges.length >= 11, "the others go on");
  });

  it("give way to a newer model of the same author, never stand beside it", async () => {
    const merges = await mergesOf(first(crowd));
    for (const { parents } of merges) assert.equal(new Set(parents.map(({ peer }) => peer)).size, parents.length);
  });

  for (const memory of [5, 2]) {
    it(`are no more than max(k, M) with the fresh ones: k = 3, M = ${memory}`, async () => {
      const merges = await mergesOf(
        first(await world({ peers: 12, inboxSize: 3, memory, cutoff: 20, othersMs: 5_000 }, 40)),
      );
      const counts = merges.slice(3).map(({ parents }) => parents.length);
      assert.ok(Math.max(...counts) === Math.max(3, memory), `${counts}`);
    });
  }

  it("there are none where the task has no memory: each model is merged once", async () => {
    const merges = await mergesOf(first(await world({ peers: 12, inboxSize: 3, memory: 0 }, 12)));
    assert.ok(merges.length > 8);
    for (const { at } of lives(merges).values()) assert.equal(at.length, 1);
    assert.ok(merges.every(({ parents }) => parents.length <= 3));
  });
});
