/** What the status says of other peers is true also where there are none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { silenceText } from "../../../../node/commands/peer/status.ts";

const nobody = { peers: [], longestSeconds: 0 };

test("a peer that knows nobody says so, and not that all were heard", () => {
  assert.equal(silenceText({ known: 0, silent: 0, ...nobody }), "no other peer is known yet");
  assert.equal(silenceText({ known: 2, silent: 0, ...nobody }), "nobody: all 2 known peers were heard lately");
});
