import assert from "node:assert/strict";
import { test } from "node:test";
import { createRng } from "../../../../protocol/base/rng.ts";
import { createCommittee } from "../../../../protocol/peer/inbound/committee.ts";

const AUTHORS = ["a", "b", "c", "d", "e", "f"];
const all = () => [AUTHORS];

function drawAll(committee: ReturnType<typeof createCommittee>, choices = all): string[] {
  const drawn: string[] = [];
  for (let author = committee.next(choices); author !== undefined; author = committee.next(choices)) drawn.push(author);
  return drawn;
}

test("every author is a member as often as any other", () => {
  const committee = createCommittee(2, createRng("committee"));
  const counts = new Map(AUTHORS.map((author) => [author, 0]));
  const cycles = 3000;
  for (let i = 0; i < cycles; i++) {
    committee.begin([]);
    for (const author of drawAll(committee)) counts.set(author, (counts.get(author) ?? 0) + 1);
  }
  for (const [author, count] of counts)
    assert.ok(Math.abs(count - cycles / 3) < 5 * Math.sqrt((cycles * 2) / 9), `${author}: ${count}`); // 5 standard deviations
});

test("nobody is drawn twice in a cycle, nor who was a member from the start", () => {
  const committee = createCommittee(6, createRng("twice"));
  committee.begin(["c", "x"]);
  assert.equal(new Set([...drawAll(committee), "c", "x"]).size, 6, "four seats are left");
  assert.ok(committee.isFull() && committee.has("x"));
});

test("who is dismissed makes room for another, and has had its turn", () => {
  const committee = createCommittee(5, createRng("dismissed"));
  committee.begin([]);
  const [first] = drawAll(committee) as [string];
  committee.dismiss(first);
  assert.ok(!committee.has(first) && !committee.isFull());
  const rest = drawAll(committee);
  assert.equal(rest.length, 1);
  assert.notEqual(rest[0], first);
  committee.begin([]);
  assert.deepEqual(committee.members(), [], "a new cycle");
});

test("who stands in a later group is drawn once all before it had their turn", () => {
  const committee = createCommittee(4, createRng("groups"));
  for (let i = 0; i < 20; i++) {
    committee.begin([]);
    const drawn = drawAll(committee, () => [
      ["a", "b", "c"],
      ["d", "e", "f"],
    ]);
    assert.deepEqual(drawn.slice(0, 3).toSorted(), ["a", "b", "c"]);
    assert.equal(drawn.length, 4);
  }
});

test("nobody is asked for choices where no seat is left", () => {
  const committee = createCommittee(1, createRng("full"));
  committee.begin(["a"]);
  assert.equal(
    committee.next(() => assert.fail("asked")),
    undefined,
  );
});
