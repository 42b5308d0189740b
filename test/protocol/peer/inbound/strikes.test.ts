import assert from "node:assert/strict";
import { test } from "node:test";
import { createStrikes } from "../../../../protocol/peer/inbound/strikes.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";

/** Cycles from `cycle` on in which the author is left out. */
function cyclesOut(strikes: ReturnType<typeof createStrikes>, author: string, cycle: number): number {
  let out = 0;
  while (strikes.isOut(author, cycle + out)) out++;
  return out;
}

test("each failure leaves an author out for four times as long, at most 64 cycles", () => {
  const strikes = createStrikes(createIdentities());
  assert.equal(strikes.isOut("a", 0), false);
  const outs = [10, 100, 300, 500, 700].map((cycle) => {
    strikes.add("a", cycle);
    return cyclesOut(strikes, "a", cycle);
  });
  assert.deepEqual(outs, [4, 16, 64, 64, 64]);
  assert.equal(strikes.isOut("b", 700), false, "others are not concerned");
});

test("the first failure of an author whose connection may have died leaves it out of no cycle, the next one as a first failure does", () => {
  const strikes = createStrikes(createIdentities());
  const outs = [10, 20, 100].map((cycle) => {
    strikes.add("a", cycle, true);
    return cyclesOut(strikes, "a", cycle);
  });
  assert.deepEqual(outs, [0, 4, 16]); // a dead connection may be asked twice before it is known to be dead
  assert.ok(strikes.has("a"), "it is remembered all the same");
});

test("two good models make up for one failure; failing every second time is no way out", () => {
  const strikes = createStrikes(createIdentities());
  strikes.add("honest", 1);
  strikes.forgive("honest");
  assert.ok(strikes.has("honest"));
  strikes.forgive("honest");
  assert.equal(strikes.has("honest"), false);

  for (let cycle = 0; cycle < 1000; cycle += 100) {
    strikes.add("liar", cycle);
    strikes.forgive("liar");
    assert.ok(strikes.has("liar"));
  }
  strikes.add("liar", 1000);
  assert.equal(cyclesOut(strikes, "liar", 1000), 64);
});

test("an author that failed thousands of times is forgiven within 16 good models", () => {
  const strikes = createStrikes(createIdentities());
  for (let cycle = 0; cycle < 5000; cycle++) strikes.add("a", cycle);
  for (let i = 0; i < 16; i++) strikes.forgive("a");
  assert.equal(strikes.has("a"), false);
});
