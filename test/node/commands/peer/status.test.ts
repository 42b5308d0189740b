/** What the status says of other peers is true also where there are none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { silenceText, statusText } from "../../../../node/commands/peer/status.ts";
import { STATUS } from "../../../support/readings.ts";

const nobody = { peers: [], longestSeconds: 0 };

test("a peer that knows nobody says so, and not that all were heard", () => {
  assert.equal(silenceText({ known: 0, silent: 0, ...nobody }), "no other peer is known yet");
  assert.equal(silenceText({ known: 2, silent: 0, ...nobody }), "nobody: all 2 known peers were heard lately");
});

test("the status says of how many connections nothing came, where there are any", () => {
  assert.match(
    statusText(STATUS),
    /^turned away +24 connections: 7 refused, 8 ended before their key was proved, 9 did not greet$/m,
  );
  assert.doesNotMatch(statusText({ ...STATUS, turnedAway: { refused: 0, unproved: 0, ungreeted: 0 } }), /turned away/);
});

test("the status of a peer of an earlier version is shown without what that version did not tell", () => {
  const refused = { ERR_REPLAYED: 2 };
  const counters = { published: 3, merges: 2, used: 1, clipped: 1, duplicate: 0, removed: 0, invalid: 0, diverged: 0 };
  const text = statusText({
    ...{ peerId: "12D3KooW", task: { id: "00ff", name: "load" }, engine: "dense", numExamples: 9, uptimeSeconds: 5 },
    ...{ neighbours: 2, cycle: 7, age: 60, quorum: 2, fresh: 1, bytesIn: 1, bytesOut: 2, logSize: 4, generation: 0 },
    ...{ counters: { ...counters, refused }, accountability: { banned: 0 }, head: { seq: 3, id: "aa" } },
    ...{ addresses: [], invite: "hearsay:00ff@", archive: null, holdout: null },
  });
  assert.match(text, /^peer +12D3KooW$/m);
  assert.match(text, /^refused +ERR_REPLAYED 2$/m);
  assert.doesNotMatch(text, /effort|not heard|undefined/);
});
