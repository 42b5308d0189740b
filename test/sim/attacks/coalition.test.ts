/** What the liars know, and the attacks on data, links and identities, which need to know nothing. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import type { Attack } from "../../../sim/attacks/attack.ts";
import { loneTrainer } from "../../../sim/attacks/coalition.ts";
import { ATTACKS } from "../../../sim/attacks/registry.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { blobTask } from "../../support/blobs.ts";
import { assertNear, createStage, momentsOf } from "./stage.ts";

function attack(name: string): Attack {
  const found = ATTACKS.get(name);
  assert.ok(found);
  return found;
}

describe("the coalition", () => {
  it("keeps the newest model of each honest peer, by peer id, and tells who has trained", () => {
    const { coalition, train, model, honest } = createStage("alie", {}, { honest: 5 });
    const told: string[] = [];
    coalition.onTrained((peer) => told.push(peer));
    for (const i of [3, 0, 4, 1, 2, 3]) train(i, model(i, told.length));
    const peers = coalition.honest().map(({ peer }) => peer);
    assert.deepEqual(peers, honest.map(({ peerId }) => peerId).sort());
    assert.equal(coalition.honestModel(honest[3]?.peerId ?? "")?.params[1], 5);
    assert.equal(coalition.honestModel("nobody"), undefined);
    assert.deepEqual(
      told,
      [3, 0, 4, 1, 2, 3].map((i) => honest[i]?.peerId),
    );
  });

  it("knows mean, spread and mean update as if computed anew, after a thousand replacements", () => {
    const { coalition, train, d } = createStage("alie", {}, { honest: 7 });
    assert.equal(coalition.moments(), undefined);
    const rng = createRng("moments");
    const draw = () => Float32Array.from({ length: d }, () => 10 + 0.01 * rng.normal());
    for (let i = 0; i < 1000; i++) {
      train(i < 7 ? i : rng.below(7), draw(), draw());
      if (i === 300) coalition.moments();
    }
    const [honest, moments] = [coalition.honest(), coalition.moments()];
    assert.ok(moments);
    assert.equal(moments.count, 7);
    for (let c = 0; c < d; c++) {
      const { mean, deviation } = momentsOf(honest.map(({ params }) => params[c] as number));
      const update = momentsOf(honest.map(({ params, base }) => (params[c] as number) - (base[c] as number))).mean;
      assert.ok(Math.abs((moments.mean[c] as number) - mean) < 1e-10);
      assert.ok(Math.abs((moments.spread[c] as number) / deviation - 1) < 1e-6);
      assert.ok(Math.abs((moments.meanUpdate[c] as number) - update) < 1e-10);
    }
  });

  it("a lone sign-flipper needs nobody; attacks by more than the trainer cannot stand alone", async () => {
    const modules = { task: blobTask(), clock: createVirtualClock(), crypto: nodeCrypto, rng: createRng(1) };
    const wrap = loneTrainer(attack("sign-flip"), modules);
    const trainer = { fit: async () => ({ params: Float32Array.of(1, 2), loss: 0.5 }) } as unknown as Trainer;
    const { params, loss } = await wrap(trainer).fit({ params: new Float32Array(2), steps: 1, seed: "" });
    assertNear(params, [-3, -6]);
    assert.equal(loss, 0.5);
    for (const name of ["dissensus", "backdoor", "push-flood"])
      assert.throws(() => loneTrainer(attack(name), modules), RangeError);
  });

  it("every attack has its own name, a source, and complete defaults; unknown options are refused", () => {
    for (const [name, { about, source, options, name: own }] of ATTACKS) {
      assert.equal(own, name);
      assert.ok(about.length > 10 && source.length > 10);
      const defaults = options.parse({}) as object;
      assert.deepEqual(options.parse(defaults), defaults);
      assert.ok(!options.safeParse({ nonsense: 1 }).success, name);
    }
    assert.equal(ATTACKS.size, 24); // 23, and the yardstick `silent`
  });
});

describe("lies in the data", () => {
  const data: Dataset = {
    inputs: Float32Array.from({ length: 60 }, (_, i) => i % 13),
    targets: Float32Array.from({ length: 10 }, (_, i) => i % 3),
    length: 10,
  };

  it("label-flip turns y into C - 1 - y, and leaves the inputs", () => {
    const flipped = createStage("label-flip").disguises[0]?.data?.(data);
    assert.deepEqual(
      [...(flipped?.targets ?? [])],
      [...data.targets].map((y) => 2 - y),
    );
    assert.equal(flipped?.inputs, data.inputs);
  });

  it("label-flip reflects the targets of a regression about the task's mean", () => {
    const task = blobTask({ output: { kind: "regression", targets: ["t", "u"], mean: [20, -3], std: [1] } });
    const targets = Float32Array.of(21, -3, 18, -5);
    const flipped = createStage("label-flip", {}, { task }).disguises[0]?.data?.({ ...data, targets, length: 2 });
    assert.deepEqual([...(flipped?.targets ?? [])], [19, -3, 22, -1]);
  });

  it("backdoor sets the last pixels to the maximum and the label to its target, in the asked-for share of rows", () => {
    const disguise = createStage("backdoor", { pixels: 2, target: 1, poison: 0.4 }).disguises[0];
    const poisoned = disguise?.data?.(data);
    assert.ok(poisoned && disguise?.trainer === undefined);
    let rows = 0;
    for (let row = 0; row < 10; row++) {
      const before = [...data.inputs.subarray(6 * row, 6 * row + 6)];
      const after: number[] = [...poisoned.inputs.subarray(6 * row, 6 * row + 6)];
      assert.deepEqual(after.slice(0, 4), before.slice(0, 4));
      if (poisoned.targets[row] === 1 && after[4] === 12 && after[5] === 12) rows++;
      else assert.deepEqual([after, poisoned.targets[row]], [before, data.targets[row]]);
    }
    assert.equal(rows, 4);
    assert.deepEqual(disguise?.data?.(data), poisoned, "the same rows again");
  });

  it("backdoor is measured on triggered rows of all other classes", () => {
    const target = attack("backdoor").target?.({ pixels: 1, target: 2 }, blobTask());
    const triggered = target?.triggered(data);
    assert.equal(triggered?.length, 7);
    assert.ok(triggered?.targets.every((label) => label === 2));
    assert.ok([...Array(7).keys()].every((row) => triggered?.inputs[6 * row + 5] === 12));
    assert.deepEqual([...(triggered?.inputs.subarray(0, 5) ?? [])], [...data.inputs.subarray(0, 5)]);
  });

  it("backdoor with boost publishes base + boost (trained - base)", async () => {
    const stage = createStage("backdoor", { boost: 4 });
    const lie = await stage.publish(0, { params: stage.model(1, 1), trained: stage.model(2, 0.5) });
    assertNear(lie, stage.model(5, -1));
  });
});

describe("lies about membership", () => {
  const lies = (index: number) => index >= 16;
  const complete = Array.from({ length: 20 }, (_, i) => Array.from({ length: i }, (_, j) => [j, i] as const)).flat();

  function neighbours(links: readonly (readonly [number, number])[], peer: number): number[] {
    return links.flatMap(([a, b]) => (a === peer ? [b] : b === peer ? [a] : []));
  }

  it("eclipse leaves its victims liars only, all others their honest neighbours", () => {
    const links = attack("eclipse").rewire?.(complete, lies, 20, createRng(1), { victims: 0.25 }) ?? [];
    const victims = [...Array(16).keys()].filter((peer) => neighbours(links, peer).every(lies));
    assert.equal(victims.length, 4);
    for (const victim of victims) assert.equal(neighbours(links, victim).length, 4);
    for (let peer = 0; peer < 16; peer++)
      if (!victims.includes(peer)) assert.equal(neighbours(links, peer).length, 15, "11 honest and 4 liars");
    assert.deepEqual(links, attack("eclipse").rewire?.(complete, lies, 20, createRng(1), { victims: 0.25 }));
  });

  it("eclipse links victims in a sparse graph to as many liars as they lost honest neighbours", () => {
    const ring = Array.from({ length: 20 }, (_, i) => [i, (i + 1) % 20] as const);
    const links = attack("eclipse").rewire?.(ring, lies, 20, createRng(2), { victims: 1 }) ?? [];
    for (let peer = 0; peer < 16; peer++) {
      const near = neighbours(links, peer);
      assert.equal(new Set(near).size, near.length);
      assert.equal(near.length, 2);
      assert.ok(near.every(lies));
    }
    const some =
      attack("eclipse").rewire?.(complete, lies, 20, createRng(3), { victims: 0.25, honestNeighbours: 2 }) ?? [];
    const victims = [...Array(16).keys()].filter(
      (peer) => neighbours(some, peer).filter((other) => !lies(other)).length <= 2,
    );
    assert.equal(victims.length, 4);
  });

  it("eclipse stands beside everybody only where it is told to, and may please, flood or flip", () => {
    assert.equal(attack("eclipse").nearMs?.({}), undefined);
    assert.equal(attack("eclipse").nearMs?.({ nearMs: 1 }), 1);
    assert.equal(attack("sign-flip").nearMs, undefined);
    for (const lie of ["sign-flip", "alie", "flatterer", "push-flood"]) createStage("eclipse", { lie });
    assert.equal(
      "nearMs" in (attack("eclipse").options.parse({}) as object),
      false,
      "scenarios from before are the same",
    );
  });

  it("eclipse without liars changes nothing", () => {
    assert.equal(
      attack("eclipse").rewire?.(complete, () => false, 20, createRng(1), {}),
      complete,
    );
  });

  it("sybil asks for ten identities a device", () => {
    assert.equal(attack("sybil").identities?.({}), 10);
    assert.equal(attack("sybil").identities?.({ identities: 3 }), 3);
  });
});
