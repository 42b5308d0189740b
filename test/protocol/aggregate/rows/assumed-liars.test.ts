import assert from "node:assert/strict";
import { test } from "node:test";
import { assumedLiars } from "../../../../protocol/aggregate/rows/assumed-liars.ts";

test("one more than the expected share, and fewer than half of own and candidates", () => {
  const at = (f: number) => [0, 1, 2, 3, 4, 5, 8, 15, 16, 64].map((m) => assumedLiars(f, m));
  assert.deepEqual(at(0), [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  assert.deepEqual(at(0.2), [0, 0, 1, 1, 1, 2, 3, 4, 5, 14]);
  assert.deepEqual(at(0.49), [0, 0, 1, 1, 1, 2, 3, 7, 7, 31]);
});

test("the error of a product does not round up", () => {
  assert.equal(assumedLiars(0.28, 25), 8, "0.28 * 25 is 7.000000000000001");
});
