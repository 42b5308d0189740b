import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createInbox } from "../../../../protocol/peer/inbound/inbox.ts";
import { type Announced, type Candidate, candidate as candidateOf, fetched } from "../../../../protocol/peer/stages.ts";

/** A candidate of an author; `seq` tells its models apart. */
function candidate(author: string, seq = 1): Candidate {
  const announced = { author, seq } as unknown as Announced; // the inbox looks at the author alone
  return candidateOf(fetched(announced, new Uint8Array()), Float32Array.of(seq));
}

const names = (candidates: readonly Candidate[]) =>
  candidates.map(({ announced }) => `${announced.author}${announced.seq}`).join(" ");
const always = () => true;

test("one slot per identity: the newest model of each, sorted by peer id", () => {
  const inbox = createInbox({ capacity: 8, memory: 8 });
  for (const [author, seq] of [
    ["c", 1],
    ["a", 1],
    ["c", 2],
    ["b", 1],
    ["c", 3],
  ] as const) {
    inbox.put(candidate(author, seq));
  }
  assert.equal(names(inbox.select()), "a1 b1 c3");
  assert.equal(inbox.fresh().length, 3);
});

test("beyond its capacity it loses the model that came first, and not that of whoever sent a newer one since", () => {
  const inbox = createInbox({ capacity: 2, memory: 8 });
  for (const [author, seq] of [
    ["a", 1],
    ["b", 1],
    ["a", 2],
    ["c", 1],
  ] as const) {
    inbox.put(candidate(author, seq));
  }
  assert.equal(names(inbox.select()), "a2 c1");
});

test("a model is fresh until it was merged, then remembered until a newer one comes", () => {
  const inbox = createInbox({ capacity: 8, memory: 8 });
  inbox.put(candidate("a"));
  inbox.put(candidate("b"));
  inbox.merged(inbox.select(), always);
  assert.equal(inbox.fresh().length, 0);
  assert.equal(names(inbox.select()), "a1 b1");
  inbox.put(candidate("b", 2));
  assert.equal(inbox.fresh().length, 1);
  assert.equal(names(inbox.select()), "a1 b2");
});

test("what comes while a merge is in progress stays fresh, with and without memory", () => {
  for (const memory of [0, 8]) {
    const inbox = createInbox({ capacity: 8, memory });
    inbox.put(candidate("a"));
    inbox.put(candidate("b"));
    const taken = inbox.select();
    inbox.put(candidate("b", 2));
    inbox.put(candidate("c"));
    inbox.merged(taken, always);
    assert.equal(inbox.fresh().length, 2, `memory ${memory}`);
    assert.equal(names(inbox.select()), memory === 0 ? "b2 c1" : "a1 b2 c1");
  }
});

test("without memory nothing that was merged is kept; with it, what `keep` refuses is dropped", () => {
  const forgetful = createInbox({ capacity: 4, memory: 0 });
  forgetful.put(candidate("a"));
  forgetful.merged(forgetful.select(), always);
  assert.equal(names(forgetful.select()), "");

  const inbox = createInbox({ capacity: 4, memory: 4 });
  inbox.put(candidate("a", 1));
  inbox.put(candidate("b", 2));
  inbox.merged(inbox.select(), ({ announced }) => announced.seq > 1);
  assert.equal(names(inbox.select()), "b2");
});

test("beyond the capacity the longest remembered goes first, then the oldest fresh one", () => {
  const inbox = createInbox({ capacity: 3, memory: 3 });
  inbox.put(candidate("a"));
  inbox.put(candidate("b"));
  inbox.merged(inbox.select(), always);
  inbox.put(candidate("d"));
  inbox.put(candidate("c"));
  assert.equal(names(inbox.select()), "b1 c1 d1", "a was remembered for longest");
  inbox.put(candidate("e"));
  assert.equal(names(inbox.select()), "c1 d1 e1", "then b");
  inbox.put(candidate("f"));
  assert.equal(names(inbox.select()), "c1 e1 f1", "all fresh: d came first");
});

test("whatever happens: at most `capacity` models, one per author, and never more fresh ones than models", () => {
  const action = fc.oneof(
    fc.record({ put: fc.constantFrom(..."abcdefgh"), seq: fc.nat(9) }),
    fc.record({ keepBelow: fc.nat(9) }),
  );
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 60 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      (actions, k, keeps) => {
        const inbox = createInbox({ capacity: k, memory: keeps ? k : 0 });
        for (const act of actions) {
          if ("put" in act) {
            inbox.put(candidate(act.put, act.seq));
            assert.ok(
              inbox.select().some(({ announced }) => announced.author === act.put && announced.seq === act.seq),
            );
          } else {
            inbox.merged(inbox.select(), ({ announced }) => announced.seq < act.keepBelow);
            assert.equal(inbox.fresh().length, 0);
            assert.ok(inbox.select().every(({ announced }) => announced.seq < act.keepBelow));
          }
          const authors = inbox.select().map(({ announced }) => announced.author);
          assert.ok(authors.length <= k && inbox.fresh().length <= authors.length);
          assert.deepEqual(authors, [...new Set(authors)].sort());
        }
      },
    ),
  );
});
