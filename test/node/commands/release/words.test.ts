import assert from "node:assert/strict";
import { test } from "node:test";
import { servingText } from "../../../../node/commands/release/words.ts";
import type { ReleaseStatus } from "../../../../protocol/peer/release/status.ts";

const NOTHING: ReleaseStatus = {
  ...{ serving: null, before: null, obstacle: null, order: null },
  ...{ proposals: [], threshold: 1, releases: [] },
};

test("what keeps a release from answering is said of the one that was ordered, not of the one that answers", () => {
  const serving = { id: "ef".repeat(32), name: "v1" };
  assert.equal(servingText({ ...NOTHING, serving }), "v1");
  assert.equal(
    servingText({ ...NOTHING, serving, obstacle: "gate failed" }),
    "v1; the ordered one waits: a gate does not hold on the own hold-out",
  );
  assert.equal(
    servingText({ ...NOTHING, obstacle: "no body" }),
    "nothing; the ordered one waits: its model has not come yet",
  );
});
