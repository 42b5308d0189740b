/** What a log says of its privacy budget is accounted again: lies about it are named. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPrivacyClaims } from "../../../protocol/audit/privacy-claims.ts";
import type { Spent } from "../../../protocol/base/spent.ts";
import { epsilonSpent } from "../../../protocol/privacy/spent.ts";
import { blobTask } from "../../support/blobs.ts";

const DELTA = 1e-5;
const RATE = 2 ** 28;
const task = blobTask({
  privacy: { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1, delta: DELTA, maxEpsilon: 4 },
});

const spentOn = (steps: number): Spent => [[RATE, 1000, steps]];
const says = (spent: Spent, epsilon = epsilonSpent(spent, DELTA)) => ({ steps: 5, privacy: { epsilon, spent } });

describe("trainings of a task with a budget", () => {
  it("say what was spent, more with each; what was charged and came to nothing may be in it", () => {
    const claims = createPrivacyClaims(task);
    assert.equal(claims.latest(), undefined);
    for (const steps of [5, 10, 25]) assert.equal(claims.next(says(spentOn(steps))), undefined);
    const { steps, epsilon, maxEpsilon, delta, mechanism } = claims.latest() ?? {};
    assert.deepEqual([steps, maxEpsilon, delta, mechanism], [25, 4, DELTA, "dp-sgd"]);
    assert.equal(epsilon, epsilonSpent(spentOn(25), DELTA) / 1e6);
  });

  const before = says(spentOn(10));
  for (const [what, body, reason] of [
    ["says nothing", { steps: 5, privacy: null }, /says nothing of the privacy budget/],
    ["tells a smaller epsilon than its steps make", says(spentOn(15), 1000), /epsilon 0\.001; what was spent makes/],
    ["goes beyond the task", says(spentOn(5000)), /the task allows 4/],
    ["spends nothing for a training", says(spentOn(10)), /no budget grows back/],
    ["has spent less than before", says(spentOn(5)), /no budget grows back/],
    ["has more noise than before for the same steps, in hindsight", says([[RATE, 9000, 15]]), /no budget grows back/],
  ] as const)
    it(`are refuted where one ${what}`, () => {
      const claims = createPrivacyClaims(task);
      assert.equal(claims.next(before), undefined);
      assert.match(claims.next(body) ?? "", reason);
    });
});

it("a training of a task without a budget has spent nothing", () => {
  const claims = createPrivacyClaims(blobTask());
  assert.equal(claims.next({ steps: 5, privacy: null }), undefined);
  assert.match(claims.next(says(spentOn(5))) ?? "", /where the task has none/);
});
