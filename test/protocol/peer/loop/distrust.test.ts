/** Models that know next to nothing about the own rows (`aggregation.mostLoss`), and who sends them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Trainer } from "../../../../protocol/base/learning-seams.ts";
import { createDistrust } from "../../../../protocol/peer/loop/distrust.ts";
import { createSoundness } from "../../../../protocol/peer/loop/soundness.ts";
import { sortOut, weigh } from "../../../../protocol/peer/loop/weigh.ts";
import { type Announced, candidate, trained, untrained } from "../../../../protocol/peer/stages.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";
import { accuracyOf, createCrowd, identityOf, type Member } from "../../../support/crowd.ts";

/** f: as many of the models that know too little are taken as such a rule stands. */
const withMost = (mostLoss?: number, f = 0) =>
  blobTask({ aggregation: { inboxSize: 8, parameters: { f }, ...(mostLoss !== undefined && { mostLoss }) } });
const d = 21;

/** A model of which each parameter is `loss`, by an author of that name. */
function from(author: string, loss: number, age = 5) {
  const announced = { author, age, firstSeenCycle: 1, model: new TextEncoder().encode(`${author} ${loss}`) };
  const fetched = { announced: announced as unknown as Announced, body: new Uint8Array() } as Parameters<
    typeof candidate
  >[0];
  return candidate(fetched, new Float32Array(d).fill(loss));
}

/** Whom a merge takes, where the loss of a model is what its parameters say, and that of models which know nothing 1. */
function scene(mostLoss?: number, f?: number) {
  const task = withMost(mostLoss, f);
  const looks: string[] = [];
  const evaluate: Trainer["evaluate"] = async ({ 0: first = 0, 1: second = 0 }, split) => {
    looks.push(split);
    return { numExamples: 1, loss: first === second && first !== 0 ? first : 1 };
  };
  const distrust = createDistrust(task, createSoundness({ evaluate }, task));
  const model = { params: new Float32Array(d), age: 5, cycle: 1 };
  const own = trained({ params: model.params, base: model.params, age: 5, steps: 5, loss: 1 });
  const take = async (
    given: readonly ReturnType<typeof from>[],
    state: Parameters<typeof distrust.without>[0] = own,
  ) => {
    const sorted = sortOut(weigh(task, given, 5, 2), task.staleness.cutoff);
    const { eligible, distrusted = [] } = await distrust.without(state, sorted, 2);
    assert.equal(eligible.length + distrusted.length, given.length);
    return eligible.map((one) => one.candidate.announced.author).join("");
  };
  return { take, looks, under: untrained(model) };
}

const FOUR = [from("a", 0.2), from("b", 0.9), from("c", 0.8), from("d", 0.7)];

describe("a merge of a task with aggregation.mostLoss", () => {
  it("leaves out who sends a model that loses more than that, and takes it again when it sends a better one", async () => {
    const { take } = scene(1);
    assert.equal(await take([...FOUR, from("e", 1.1), from("f", Number.POSITIVE_INFINITY)]), "abcd");
    assert.equal(await take([...FOUR, from("e", 0.4)]), "abcde");
    // the third best loses 0.8, one that knows nothing 1
    assert.equal(await scene(0.6).take([...FOUR, from("e", 0.91), from("f", 0.93)]), "abcde");
  });

  it("leaves out nobody where fewer than the quorum would be left", async () => {
    assert.equal(await scene(1).take([from("a", 0.1), from("b", 0.2), from("c", 2), from("d", 3)]), "abcd");
    const { take, under } = scene(1);
    await take([...FOUR, from("e", 7), from("f", 9)]);
    assert.equal(await take([from("a", 1), from("b", 1), from("e", 1), from("f", 1)], under), "abef");
  });

  it("leaves out what does harm as long as a quorum is left, also where not so many know anything", async () => {
    const two = [from("a", 0.1), from("b", 0.2)];
    assert.equal(await scene(1).take([...two, from("c", 2), from("d", 4.1)]), "abc");
    assert.equal(await scene(1).take([...two, from("c", 9), from("d", 8), from("e", 7)]), "abe");
  });

  it("takes as many of those that know too little as the rule stands, those that know most first", async () => {
    const five = [...FOUR, from("e", 0.9)];
    const lies = [from("u", 3), from("v", 1.2), from("w", 9), from("x", 1.4), from("y", Number.POSITIVE_INFINITY)];
    assert.equal(await scene(1, 0.2).take([...FOUR, ...lies]), "abcdv"); // one of five
    assert.equal(await scene(1, 0.1).take([...FOUR, ...lies]), "abcd");
    assert.equal(await scene(1, 0.4).take([...five, ...lies]), "abcdeuvx"); // three of eight
  });

  it("looks at no model while a training is under way: the last look counts, and a newcomer is taken", async () => {
    const { take, looks, under } = scene(1);
    await take([...FOUR, from("e", 3)]);
    const before = looks.length;
    assert.equal(await take([...FOUR, from("e", 0.1), from("f", 3)], under), "abcdf");
    assert.equal(looks.length, before);
  });

  it("looks at a few rows, and not at all where the task does not say so", async () => {
    const { take, looks } = scene(1);
    await take(FOUR);
    assert.deepEqual([...new Set(looks)], ["training-sample"]);
    const plain = scene();
    assert.equal(await plain.take([...FOUR, from("e", 9)]), "abcde");
    assert.deepEqual(plain.looks, []);
  });

  it("remembers no more authors than a merge can name, whatever keys there are", async () => {
    const { take, under } = scene(1);
    const names = Array.from({ length: 100 }, (_, i) => `x${String(i).padStart(3, "0")}`);
    await take([...FOUR, ...names.map((name) => from(name, 5))]);
    assert.ok((await take([...FOUR, ...names.map((name) => from(name, 5))], under)).startsWith("abcdx000"));
  });
});

describe("a peer of whose eight neighbours five lie", () => {
  async function accuracies(mostLoss?: number) {
    const task = withMost(mostLoss);
    const holdout = blobs(300, 777);
    const crowd = createCrowd({ task, proofs: false });
    for (let i = 0; i < 4; i++) await crowd.join(i, { holdout });
    const [victim, ...elders] = crowd.members as [Member, ...Member[]];
    const liars = Array.from({ length: 5 }, (_, i) => crowd.joinHostile(50 + i));
    for (const { peerId } of elders)
      for (const i of liars.keys()) crowd.world.network.disconnect(peerId, identityOf(50 + i).peerId);
    for (let second = 0; second < 15; second++) {
      const elder = (elders[0] as Member).peer;
      for (const [i, liar] of liars.entries()) {
        const params = elder.current().map((value) => -3 * value);
        params[i] = (params[i] as number) + 1e-3 * (second + 1); // copies would count once
        await liar.offer({ age: elder.status().age, params });
      }
      await crowd.run(1000);
    }
    const parents = victim.events.flatMap((event) => (event.kind === "merged" ? event.parents : []));
    const untaken = parents.filter(({ removedBy }) => removedBy === "own rows");
    const leftOut = new Set(untaken.map(({ peer }) => peer));
    return { of: await accuracyOf(victim), honest: await accuracyOf(elders[0] as Member), leftOut };
  }

  it("ends with the honest ones, and is lost where it does not look at what they send", async () => {
    const [looking, blind] = [await accuracies(1), await accuracies()];
    assert.ok(looking.of >= looking.honest - 0.06, `${looking.of} of ${looking.honest}`);
    assert.ok(blind.of < blind.honest - 0.2, `${blind.of} of ${blind.honest}`);
    for (let i = 0; i < 5; i++) assert.ok(looking.leftOut.has(identityOf(50 + i).peerId), "its owner is told");
    assert.equal(blind.leftOut.size, 0);
  });
});

describe("aggregation.mostLoss", () => {
  it("is above 0, and may be left out", () => {
    assert.equal(withMost(0.8).aggregation.mostLoss, 0.8);
    assert.equal(withMost().aggregation.mostLoss, undefined);
    for (const mostLoss of [0, -1, 1.1])
      assert.throws(() => parseTask({ ...withMost(), aggregation: { mostLoss } }), { code: "ERR_TASK" });
  });
});
