import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createQuiet, quietFor } from "../../../node/net/quiet.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { AGENT } from "../../../protocol/peer/inbound/greet.ts";
import { eventually } from "../../conformance/transport.ts";
import { withNodes } from "../../support/nodes.ts";

const DAY_MS = 86_400_000;

describe("silence of connections", () => {
  it("takes a tenth of a budget at most, and is bounded", () => {
    assert.equal(Math.round(quietFor({ bytes: 20e6, perMs: DAY_MS }, 8) / 1000), 93);
    assert.equal(quietFor({ bytes: 100e9, perMs: DAY_MS }, 32), LIMITS.maxSilenceMs / 3);
    assert.equal(quietFor({ bytes: 1e6, perMs: DAY_MS }, 8), LIMITS.longestQuietMs);
  });

  it("is told behind the name of who wants more of it", () => {
    assert.equal(createQuiet().agent, AGENT);
    assert.equal(createQuiet(93_312).agent, `${AGENT} (quiet 93 s)`);
    assert.equal(createQuiet(1e9).agent, `${AGENT} (quiet 600 s)`);
  });

  it("is the longer one of what two ends want: no byte passes, and neither takes the other for dead", {
    timeout: 60_000,
  }, async () => {
    await withNodes([{ quietMs: 60_000 }, {}], async (patient, usual) => {
      const [theirs] = usual.node.getConnections();
      const [own] = patient.node.getConnections();
      assert.ok(theirs && own);
      await eventually(() => usual.node.quiet.of(theirs) === 60_000, 5000);
      assert.equal(patient.node.quiet.of(own), 60_000);
      await sleep(1500); // what the two still have to say
      const before = usual.transport.traffic();
      await sleep(4 * 1000);
      assert.deepEqual(usual.transport.traffic(), before);
      assert.equal(theirs.status, "open");
    });
  });
});
