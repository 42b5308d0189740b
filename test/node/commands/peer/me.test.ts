import assert from "node:assert/strict";
import { test } from "node:test";
import type { PartAt } from "../../../../node/api/my-part.ts";
import { textOf } from "../../../../node/commands/peer/me.ts";
import { STATUS } from "../../../support/readings.ts";

const part: PartAt = {
  ...{ peer: "12D3KooWaaaaAnna0001", merges: 90, share: 0.25, lastTsMs: 1_000_000 },
  statuses: { used: 60, duplicate: 1, clipped: 9, removed: 10, invalid: 2 },
};
const silent: PartAt = {
  ...{ peer: "12D3KooWaaaaBert0002", merges: 0, share: null, lastTsMs: null, failed: "ERR_TIMEOUT" },
  statuses: { used: 0, duplicate: 0, clipped: 0, removed: 0, invalid: 0 },
};

test("hearsay me tells how good the model is, how much of it is one's own, and what others made of what was published", () => {
  const text = textOf({ status: STATUS, own: 0.4, merges: 38, others: [part, silent] }, 1_300_000);
  assert.match(text, /my model, accuracy +90\.0 %/);
  assert.match(text, /of it my own +40\.0 % over 38 merges/);
  assert.match(
    text,
    /counted in 70 and were left out of 12 of the last 90 merges of 1 neighbours, as their logs say; 1 did not answer/,
  );
  assert.match(text, /Anna0001 │ 90 +│ 61 +│ 9 +│ 10 +│ 2 +│ 25\.0 % │ 5 min ago/);
  assert.match(text, /Bert0002 │ - .*ERR_TIMEOUT/);
});

test("hearsay me says what it cannot know", () => {
  const text = textOf({ status: { ...STATUS, holdout: null }, own: 1, merges: 0, others: [] }, 0);
  assert.match(text, /no hold-out, so nobody can say/);
  assert.match(text, /all: there was no merge yet/);
  assert.match(text, /nobody is connected, so nobody can be asked/);
});
