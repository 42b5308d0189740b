/**
 * Attacks that tell each receiver something else: their formulas, as pulled over the wire from the announcement that
 * was told.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { guardedMedian } from "../../../protocol/aggregate/rules/guarded-median.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import type { RuleInput } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { blobTask } from "../../support/blobs.ts";
import { assertNear, createStage, momentsOf, type Stage } from "./stage.ts";

/** The liars' peers have announced something honest, and three peers have trained. */
async function trained(stage: Stage, liars = 1): Promise<Stage> {
  for (let liar = 0; liar < liars; liar++) await stage.announce(liar, { seq: 3 });
  stage.train(0, stage.model(1, -2, 1));
  stage.train(1, stage.model(2, 0, 1));
  stage.train(2, stage.model(3, 2, 1));
  return stage;
}

async function pulled(stage: Stage, receiver: number, liar = 0): Promise<Float32Array> {
  const heard = await stage.pull(receiver, liar);
  assert.ok(heard, "nothing was told");
  return heard.params;
}

describe("what is told to each receiver", () => {
  it("dissensus is x_i - epsilon (H / B) (mean - x_i), and with epsilon 1 cancels a plain average", async () => {
    const stage = await trained(createStage("dissensus", { epsilon: 1 }, { liars: 2 }), 2);
    const lie = await pulled(stage, 2); // of the moment in which peer 2 had trained, as the last
    assertNear(lie, stage.model(3 + 1.5, 2 + 3, 1));
    const [own, honest] = [3, [1, 2, 3]];
    const pull = honest.reduce((sum, x) => sum + (x - own), 0) + 2 * ((lie[0] as number) - own);
    assert.ok(Math.abs(pull) < 1e-5, "an average with both liars leaves the receiver where it is");
    const strong = await trained(createStage("dissensus", {}, { liars: 2 }), 2);
    assertNear(await pulled(strong, 2), strong.model(3 + 2.25, 2 + 4.5, 1));
  });

  it("equivocation tells one half of the peers mean + z spread and the other mean - z spread", async () => {
    const stage = await trained(createStage("equivocation", { z: 2 }, { honest: 4 }));
    stage.train(3, stage.model(2, 0, 1));
    await stage.clock.run(stage.clock.now() + 1000);
    for (const [i, x] of [
      [0, stage.model(1, -2, 1)],
      [1, stage.model(2, 0, 1)],
      [2, stage.model(3, 2, 1)],
      [3, stage.model(2, 0, 1)],
    ] as const)
      stage.train(i, x); // the same again: all four now hear of the same mean and spread
    const [s, t] = [Math.sqrt(1 / 2), Math.sqrt(2)];
    const lies = await Promise.all([0, 1, 2, 3].map(async (i) => pulled(stage, i)));
    for (const [i, lie] of lies.entries()) {
      const side = i % 2 === 0 ? 1 : -1;
      assertNear(lie, stage.model(2 + side * 2 * s, side * 2 * t, 1));
    }
  });

  it("flatterer has the outputs of the classes whose bias rose in the receiver's training as they are, and none of the others", async () => {
    const stage = createStage("flatterer", { depth: 4 });
    await stage.announce(0, { seq: 3 });
    const [classes, inputs] = [3, 6];
    const bias = classes * inputs; // a softmax: [in, classes], then the bias
    const one = stage.model().fill(1);
    const other = stage.model().fill(3);
    stage.train(0, one);
    const base = other.slice();
    base[bias + 1] = 2; // the receiver has rows of class 1 alone: the others' bias falls
    base[bias] = base[bias + 2] = 4;
    stage.train(1, other, base);
    const lie = await pulled(stage, 1);
    for (let i = 0; i < inputs; i++) assertNear(lie.subarray(3 * i, 3 * i + 3), [0, 3, 0]);
    assertNear(lie.subarray(bias), [-1, 3, -1]);
  });

  it("flatterer turns on its receivers at a share of the run", async () => {
    const stage = createStage("flatterer", { turnsAt: 0.5 }, { endMs: 20_000 });
    await stage.announce(0, { seq: 3 });
    stage.train(0, stage.model(2, 1));
    assertNear((await pulled(stage, 0)).subarray(0, 3), stage.model().subarray(0, 3));
    await stage.clock.run(10_000);
    stage.train(0, stage.model(2, 1));
    assertNear(await pulled(stage, 0), stage.model(-6, -3));
  });

  it("inside-the-ball lies at the distance of an honest model that removal keeps, against the honest update", async () => {
    const task = blobTask({ aggregation: { inboxSize: 16 } });
    const stage = createStage("inside-the-ball", {}, { honest: 11, liars: 2, task });
    await stage.announce(0, { seq: 3 });
    for (let i = 0; i < 11; i++) stage.train(i, stage.model(0, i), stage.model(-1, i)); // everybody moved along +x by 1
    // peer 10: others at 1 .. 10; m = 12, f = 0.2, b = min(3 + 1, 5) = 4; the fourth largest distance is 7
    assertNear(await pulled(stage, 10), stage.model(-7, 10));
  });

  it("announcements are signed, numbered upwards, keep entry and age, and name another body for each receiver", async () => {
    const stage = await trained(createStage("dissensus", {}, { liars: 2 }), 2);
    const hashes = new Set<string>();
    for (const i of [0, 1, 2]) {
      const heard = await stage.pull(i, 0);
      assert.ok(heard);
      hashes.add(toHex(heard.model));
      assert.equal(heard.age, 15);
      const template = stage.heard(i)[0];
      assert.ok(template && heard.seq > template.seq);
      assert.deepEqual(heard.entry, template.entry);
    }
    assert.equal(hashes.size, 3);
    const [one, other] = [await stage.pull(2, 0), await stage.pull(2, 1)];
    assert.deepEqual(one?.model, other?.model, "without noise all liars send one body");
    assert.notEqual(one?.author, other?.author);
  });

  it("its own peer's announcements go nowhere, but lend later lies their entry, age and a higher number", async () => {
    const stage = await trained(createStage("dissensus"));
    await stage.clock.run(stage.clock.now() + 1000);
    const before = stage.heard(0).length;
    await stage.announce(0, { seq: 50, age: 77 });
    assert.equal(stage.heard(0).length, before);
    await stage.clock.run(stage.clock.now() + 1000);
    stage.train(0, stage.model(1, -2, 2));
    const heard = await stage.pull(0, 0);
    assert.equal(heard?.age, 77);
    assert.equal(heard?.seq, 50);
    await stage.clock.run(stage.clock.now() + 1000);
    stage.train(0, stage.model(1, -2, 3));
    assert.equal((await stage.pull(0, 0))?.seq, 51);
  });

  it("whoever greets the liar is told its own lie again, and a stranger nothing", async () => {
    const stage = createStage("dissensus");
    assert.equal(await stage.hello(0, 0), undefined);
    await stage.announce(0, { seq: 3 });
    assert.equal((await stage.hello(1, 0))?.seq, 3, "honest before it knows anything");
    stage.train(0, stage.model(1));
    stage.train(1, stage.model(2));
    await stage.announce(0, { seq: 6 });
    assert.deepEqual((await stage.hello(1, 0))?.model, (await stage.pull(1, 0))?.model);
    assert.equal(await stage.hello(2, 0), undefined);
  });

  it("a receiver that trains faster than it listens is told no more than the task allows", async () => {
    const task = blobTask({ limits: { announcementsPerSecond: 10 } });
    const stage = createStage("dissensus", {}, { task });
    await stage.announce(0, { seq: 3 });
    for (let i = 0; i < 100; i++) {
      stage.train(0, stage.model(i));
      await stage.clock.run(stage.clock.now() + 10);
    }
    assert.equal(stage.heard(0).length, 1 + 10);
  });

  it("peers without a liar as neighbour cost and hear nothing", async () => {
    const stage = createStage("dissensus");
    await stage.announce(0, { seq: 3 });
    stage.network.disconnect(stage.honest[0]?.peerId ?? "", stage.coalition.liars[0]?.identity.peerId ?? "");
    stage.train(0, stage.model(1));
    await stage.clock.run(stage.clock.now() + 100);
    assert.equal(stage.heard(0).length, 1);
  });

  it("noise differs between liars and has its share of the spread", async () => {
    const task = blobTask({ input: { shape: [1000] } });
    const stage = createStage("dissensus", { noise: 0.4, epsilon: 1e-9 }, { honest: 2, liars: 2, task });
    await stage.announce(0, { seq: 3 });
    await stage.announce(1, { seq: 3 });
    stage.train(0, stage.model().fill(1));
    stage.train(1, stage.model().fill(3));
    const [one, other] = [await pulled(stage, 1, 0), await pulled(stage, 1, 1)];
    for (const lie of [one, other]) {
      const { mean, deviation } = momentsOf(lie);
      assert.ok(Math.abs(mean - 3) < 0.04 && Math.abs(deviation / 0.4 - 1) < 0.06, `${mean} +- ${deviation}`);
    }
    const apart = momentsOf(one.map((value, i) => value - (other[i] as number))).deviation;
    assert.ok(Math.abs(apart / (0.4 * Math.SQRT2) - 1) < 0.06, `${apart} apart`);
  });
});

describe("the adaptive attack", () => {
  const rng = createRng("adaptive");
  const updates = Array.from({ length: 13 }, () => Float32Array.from({ length: 21 }, () => 0.3 * rng.normal() + 0.5));
  const bases = Array.from({ length: 13 }, () => Float32Array.from({ length: 21 }, () => 0.1 * rng.normal() + 2));
  const models = bases.map((base, i) => base.map((value, c) => value + (updates[i]?.[c] as number)));

  async function damageOf(name: string, aggregate: (input: RuleInput) => Float32Array, options = {}): Promise<number> {
    let calls = 0;
    const counted = (input: RuleInput) => {
      calls++;
      return aggregate(input);
    };
    const stage = createStage(name, options, { honest: 13, liars: 3, aggregate: counted });
    for (const liar of [0, 1, 2]) await stage.announce(liar, { seq: 3 });
    for (const [i, params] of models.entries()) {
      if (i === 12) calls = 0;
      stage.train(i, params, bases[i] as Float32Array);
    }
    if (name === "adaptive") assert.ok(calls >= 4 && calls <= 8, `${calls} merges for one lie`);
    const lies = await Promise.all([0, 1, 2].map((liar) => pulled(stage, 12, liar)));
    const [own, base] = [models[12] as Float32Array, bases[12] as Float32Array];
    const honest = models.slice(0, 12).map((params) => ({ params, weightQ16: 60_000 }));
    const told = lies.map((params) => ({ params, weightQ16: 65_536 }));
    const [with_, without] = [
      aggregate({ own, base, candidates: [...honest, ...told] }),
      aggregate({ own, base, candidates: honest }),
    ];
    const u = stage.coalition.moments()?.meanUpdate as Float64Array;
    return (
      -with_.reduce((sum, value, c) => sum + (value - (without[c] as number)) * (u[c] as number), 0) / Math.hypot(...u)
    );
  }

  const guarded = (input: RuleInput) =>
    guardedMedian.aggregate(input, { f: 0.2, share: 0.3, mix: 0.75, limit: 1 }).params;
  const mean = ({ own, candidates }: RuleInput) => {
    const all = [own, ...candidates.map(({ params }) => params)];
    return own.map((_, i) => all.reduce((sum, params) => sum + (params[i] as number), 0) / all.length);
  };

  it("does more damage to the default rule than the lies that do not look, within eight merges", async () => {
    const adaptive = await damageOf("adaptive", guarded);
    for (const name of ["dissensus", "inside-the-ball"]) {
      const fixed = await damageOf(name, guarded, { noise: 0.5 });
      assert.ok(adaptive > fixed, `${adaptive} against ${fixed} of ${name}`);
    }
  });

  it("goes farther against a plain mean than a lie that minds distances", async () => {
    const few = await damageOf("adaptive", mean);
    const most = await damageOf("inside-the-ball", mean, { noise: 0.5 });
    assert.ok(few > 2 * most && most > 0, `${few} against ${most}`);
  });
});
