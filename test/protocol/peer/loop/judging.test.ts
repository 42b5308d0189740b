/** What models of others are worth to a peer, by its own rows. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HearsayError } from "../../../../protocol/base/errors.ts";
import type { Trainer } from "../../../../protocol/base/learning-seams.ts";
import {
  createJudging,
  type JudgingSelector,
  openJudging,
  selectorFor,
} from "../../../../protocol/peer/loop/judging.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import { type Announced, candidate, trained, untrained } from "../../../../protocol/peer/stages.ts";
import { affinity } from "../../../../protocol/select/affinity.ts";
import { random } from "../../../../protocol/select/random.ts";
import { learned, worthOf } from "../../../../protocol/select/reputation.ts";
import { DEFAULT_SELECTION, type Selector } from "../../../../protocol/select/selector.ts";
import { usefulness } from "../../../../protocol/select/usefulness.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { blobTask } from "../../../support/blobs.ts";

const model = (author: string, value: number) =>
  candidate(
    { announced: { author } as Announced, body: new Uint8Array() } as Parameters<typeof candidate>[0],
    Float32Array.of(value),
  );
const ownAt = (value: number) => {
  const params = Float32Array.of(value);
  return trained({ params, base: params, age: 5, steps: 5, loss: 1 });
};

/** The loss of a model is its distance from 10. */
function scene(selector: Selector, isThere: (split: string) => boolean = () => true) {
  const splits: string[] = [];
  let fault: HearsayError | undefined;
  const evaluate: Trainer["evaluate"] = async ([value = 0], split) => {
    if (fault !== undefined) throw fault;
    if (!isThere(split)) throw new HearsayError("ERR_DATA", "there is none");
    splits.push(split);
    return { numExamples: 1, loss: Math.abs(10 - value) };
  };
  const identities = createIdentities(["a", "b", "c"]);
  const reputations = {
    learn: (author: string, worth: number, cycle: number) =>
      identities.change(author, { reputation: learned(identities.get(author)?.reputation, worth, cycle) }),
    takeChanges: () => [],
  };
  const judging = createJudging({ trainer: { evaluate }, reputations }, selector as JudgingSelector);
  const worths = () => ["a", "b", "c"].map((author) => worthOf(identities.get(author)?.reputation, 3));
  return { judging, worths, splits, fail: (code?: "ERR_TRAINER") => (fault = code && new HearsayError(code, "")) };
}

describe("a look at the models of a merge", () => {
  it("counts by usefulness what a mixture with the own model gains: a copy of the own model gains nothing", async () => {
    const { judging, worths } = scene(usefulness);
    await judging.look(ownAt(8), [model("a", 12), model("b", 8), model("c", 0)], 3);
    assert.deepEqual(worths(), [0.75, 0.5, 0.25], "the mixtures are 10, 8 and 4");
  });

  it("counts by affinity the loss of the model alone, in two halves", async () => {
    const { judging, worths } = scene(affinity);
    await judging.look(ownAt(8), [model("a", 12), model("b", 9), model("c", 0)], 3);
    assert.deepEqual(worths(), [0.75, 0.75, 0.25]);
  });

  it("takes a model that gives no number for the worst", async () => {
    const { judging, worths } = scene(usefulness);
    await judging.look(ownAt(8), [model("a", Number.NaN), model("b", 8)], 3);
    assert.deepEqual(worths().slice(0, 2), [0.25, 0.75]);
  });

  it("looks at each model once, and not while a training is under way", async () => {
    const { judging, worths, splits } = scene(affinity);
    const [a, b, c] = [model("a", 10), model("b", 0), model("c", 5)];
    await judging.look(untrained({ params: Float32Array.of(8), age: 5 }), [a, b], 3);
    assert.equal(splits.length, 0);
    await judging.look(ownAt(8), [a, b], 3);
    const before = worths();
    await judging.look(ownAt(8), [a, b, c], 3);
    assert.equal(splits.length, 3);
    assert.deepEqual(worths().slice(0, 2), before.slice(0, 2), "what was seen before counts no second time");
  });

  it("goes by rows of the hold-out, or of the training where there is none", async () => {
    const held = scene(affinity);
    await held.judging.look(ownAt(8), [model("a", 10), model("b", 0)], 3);
    assert.deepEqual(held.splits, ["holdout-sample", "holdout-sample"]);
    const none = scene(affinity, (split) => split === "sample");
    await none.judging.look(ownAt(8), [model("a", 10), model("b", 0)], 3);
    assert.deepEqual(none.splits, ["sample", "sample"]);
  });

  it("says nothing of models while the trainer does not answer, and looks at them later", async () => {
    const { judging, worths, fail } = scene(usefulness);
    const both = [model("a", 10), model("b", 0)];
    fail("ERR_TRAINER");
    await judging.look(ownAt(8), both, 3);
    assert.deepEqual(worths(), [0.5, 0.5, 0.5]);
    fail();
    await judging.look(ownAt(8), both, 3);
    assert.deepEqual(worths(), [0.75, 0.25, 0.5]);
  });

  it("is refused where the task has a privacy budget, which covers no choice by losses on the own rows", () => {
    const task = blobTask();
    const budget = { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1, maxEpsilon: 8 };
    const hidden = blobTask({ privacy: budget });
    const selection = (by: string) => ({ ...DEFAULT_SELECTION, by });
    assert.equal(selectorFor(selection("usefulness"), task), usefulness);
    assert.equal(selectorFor(undefined, hidden), undefined);
    assert.equal(selectorFor(selection("link"), hidden)?.name, "link");
    for (const by of ["usefulness", "affinity"])
      assert.throws(
        () => selectorFor(selection(by), hidden),
        /ERR_CONFIG|privacy budget does not cover; choose one of random, link, freshness/,
      );
  });

  it("is made for no policy that looks at no model", async () => {
    const store = createMemoryStore();
    const evaluate = async () => assert.fail("nobody asked");
    const components = { trainer: { evaluate }, store, clock: { now: () => 0 }, identities: createIdentities() };
    const judging = (by: string) => openJudging(components, { ...DEFAULT_SELECTION, by }, blobTask());
    assert.equal(await judging(random.name), undefined);
    assert.notEqual(await judging("affinity"), undefined);
  });
});
