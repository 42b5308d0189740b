import assert from "node:assert/strict";
import { test } from "node:test";
import type { Comparison } from "../../../../node/api/api.ts";
import type { PartAt } from "../../../../node/api/my-part.ts";
import { textOf } from "../../../../node/commands/peer/me.ts";
import { STATUS } from "../../../support/readings.ts";

const part: PartAt = {
  name: "Roof 7",
  ...{ peer: "12D3KooWaaaaAnna0001", merges: 90, share: 0.25, lastTsMs: 1_000_000 },
  statuses: { used: 60, duplicate: 1, clipped: 9, removed: 10, invalid: 2 },
};
const silent: PartAt = {
  ...{ peer: "12D3KooWaaaaBert0002", merges: 0, share: null, lastTsMs: null, failed: "ERR_TIMEOUT" },
  statuses: { used: 0, duplicate: 0, clipped: 0, removed: 0, invalid: 0 },
};

const comparison: Comparison = {
  metric: { name: "accuracy", label: "accuracy", lowerIsBetter: false, isShare: true },
  ...{ naive: 0.12, alone: { figure: 0.81, steps: 400 } },
};

test("hearsay me tells how good the model is, how much of it is one's own, and what others made of what was published", () => {
  const text = textOf({ status: STATUS, own: 0.4, merges: 38, others: [part, silent], comparison }, 1_300_000);
  assert.match(text, /without the others, accuracy +81\.0 % at best, in 400 steps on my rows alone/);
  assert.match(text, /who always says the commonest class +12\.0 %/);
  assert.match(text, /my model, accuracy +90\.0 %/);
  assert.match(text, /of it my own +40\.0 % over 38 merges/);
  assert.match(
    text,
    /counted in 70 and were left out of 12 of the last 90 merges of 1 neighbour, as its log says; 1 did not answer/,
  );
  assert.match(text, /Anna0001 │ 90 +│ 61 +│ 9 +│ 10 +│ 2 +│ 25\.0 % │ 5 min ago/);
  assert.match(text, /Anna0001 [^\n]*\n│ Roof 7 /, "beside its id, never in its place");
  assert.match(text, /Bert0002 │ - .*no answer: ERR_TIMEOUT/);
  assert.match(text, /^release that answers +v7$/m);
});

test("hearsay me says what it cannot know", () => {
  const text = textOf({ status: { ...STATUS, holdout: null }, own: 1, merges: 0, others: [], comparison: null }, 0);
  assert.match(text, /no hold-out, so nobody can say/);
  assert.match(text, /all: there was no merge yet/);
  assert.match(text, /nobody is connected, so nobody can be asked/);
  const told = (comparison: Comparison | null) =>
    textOf({ status: STATUS, own: 1, merges: 0, others: [], comparison }, 0);
  assert.match(told(null), /without the others +unknown: the peer runs without its page/);
  assert.match(told({ ...comparison, alone: null, noAlone: "it is too large" }), /accuracy +it is too large/);
  assert.match(told({ ...comparison, alone: { figure: null, steps: 0 } }), /accuracy +not measured yet/);
});
