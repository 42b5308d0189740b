import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createBudget } from "../../../../protocol/peer/memory/budget.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";

function openBudget(known: string[] = []) {
  const world = { nowMs: 0 };
  const clock = { now: () => 0, monotonicMs: () => world.nowMs, after: () => () => {} };
  const standing = createIdentities(known);
  const transport = { prefixOf: (peer: string) => peer.split("/")[0] ?? "" };
  const budget = createBudget({ clock, transport, standing });
  /** How much of cost 1 is done for the askers in turn, until all are refused. */
  const exhaust = (askers: readonly string[]) => {
    let paid = 0;
    for (let refused = 0; refused < askers.length; ) {
      refused = 0;
      for (const asker of askers) {
        if (budget.pay(asker, 1)) paid++;
        else refused++;
      }
    }
    return paid;
  };
  return { world, standing, budget, exhaust };
}

const many = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}/${i}`);

describe("what others can make this peer do", () => {
  it("is bounded for one neighbour, in a burst and in the long run", () => {
    const { world, exhaust } = openBudget(["a/0"]);
    const { burst, perSecond } = LIMITS.neighbourBudget;
    assert.equal(exhaust(["a/0"]), burst);
    world.nowMs += 1000;
    assert.equal(exhaust(["a/0"]), perSecond);
    world.nowMs += 1e9;
    assert.equal(exhaust(["a/0"]), burst);
  });

  it("is bounded for the newcomers of one address prefix together, however many keys they have", () => {
    const { exhaust } = openBudget();
    assert.equal(exhaust(many("a", 50)), LIMITS.prefixBudget.burst);
  });

  it("is bounded for all newcomers together, however many addresses they have", () => {
    const { exhaust } = openBudget();
    assert.equal(exhaust(Array.from({ length: 50 }, (_, i) => `${i}/0`)), LIMITS.newcomersBudget.burst);
  });

  it("is not lessened for a known peer by what newcomers did before, also behind the same address", () => {
    const { exhaust, standing } = openBudget(["a/0"]);
    exhaust(many("a", 50).slice(1));
    assert.equal(exhaust(["a/0"]), LIMITS.neighbourBudget.burst);
    assert.equal(exhaust(["a/77"]), 0);
    standing.delivered("a/77", 0);
    assert.equal(exhaust(["a/77"]), LIMITS.neighbourBudget.burst);
  });

  it("costs nothing where it is refused: what is dear does not empty the bucket for what is cheap", () => {
    const { budget, exhaust } = openBudget();
    assert.equal(budget.pay("a/0", LIMITS.prefixBudget.burst + 1), false);
    assert.equal(exhaust(["a/0"]), LIMITS.prefixBudget.burst);
  });
});
