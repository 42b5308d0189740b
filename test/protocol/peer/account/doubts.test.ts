/** What is remembered of states that authors have to account for: bounded for each author, and for newcomers, whose keys are free. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createDoubts } from "../../../../protocol/peer/account/doubts.ts";
import type { SignedState } from "../../../../protocol/peer/account/signed-state.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";

const NOTHING = new Uint8Array(0);
const ROOT = new Uint8Array(32);

/** Where these delivered a model. */
function identitiesWith(...known: readonly string[]) {
  const identities = createIdentities();
  for (const author of known) identities.delivered(author, 0);
  return identities;
}

function stateOf(author: string, size: number, generation = 0): SignedState {
  const statement = { what: "checkpoint", bytes: NOTHING } as const;
  return { author, publicKey: NOTHING, task: NOTHING, generation, size, root: ROOT, statement };
}

const sizes = (states: readonly SignedState[]) => states.map(({ size }) => size);

describe("states of a log that are in doubt", () => {
  it("have to be accounted for by all that is as long or longer, until they are", () => {
    const doubts = createDoubts(identitiesWith("known"));
    for (const size of [5, 9, 5]) doubts.open(stateOf("known", size));
    assert.deepEqual(sizes(doubts.before(stateOf("known", 4))), []);
    assert.deepEqual(sizes(doubts.before(stateOf("known", 5))), [5]);
    const [first] = doubts.before(stateOf("known", 20)) as [SignedState];
    doubts.settle(first);
    assert.deepEqual(sizes(doubts.before(stateOf("known", 20))), [9]);
    assert.deepEqual(doubts.before(stateOf("known else", 20)), []);
  });

  it("are of one generation: one of another takes their place", () => {
    const doubts = createDoubts(identitiesWith("known"));
    doubts.open(stateOf("known", 5));
    assert.deepEqual(doubts.before(stateOf("known", 20, 1)), []);
    doubts.open(stateOf("known", 3, 1));
    assert.deepEqual(sizes(doubts.before(stateOf("known", 20, 1))), [3]);
    assert.deepEqual(doubts.before(stateOf("known", 20)), []);
  });

  it("are the first few of an author", () => {
    const doubts = createDoubts(identitiesWith("known"));
    for (let size = 1; size <= 2 * LIMITS.maxDoubts; size++) doubts.open(stateOf("known", size));
    assert.deepEqual(
      sizes(doubts.before(stateOf("known", 100))),
      Array.from({ length: LIMITS.maxDoubts }, (_, i) => i + 1),
    );
  });

  it("are forgotten with the newcomers that were heard of longest ago, and of no known author for their sake", () => {
    const doubts = createDoubts(identitiesWith("known"));
    doubts.open(stateOf("known", 1));
    for (let n = 0; n <= LIMITS.maxIdentities.far; n++) doubts.open(stateOf(`new ${n}`, 1));
    const isDoubted = (author: string) => doubts.before(stateOf(author, 1)).length === 1;
    assert.deepEqual(["known", "new 0", "new 1", `new ${LIMITS.maxIdentities.far}`].map(isDoubted), [
      true,
      false,
      true,
      true,
    ]);
  });

  it("leave no record behind of an author that is forgotten", () => {
    const identities = identitiesWith();
    const doubts = createDoubts(identities);
    doubts.settle(stateOf("forgotten", 1));
    assert.equal(identities.get("forgotten"), undefined);
  });
});
