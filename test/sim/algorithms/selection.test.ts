/** Peers that prefer some neighbours, in whole runs: the very peers that ship. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import type { Report } from "../../../sim/run/report.ts";
import { scenarioHash } from "../../../sim/run/scenario.ts";
import { blobScenario, runBlobs } from "../../support/experiments.ts";

const LIARS = {
  attack: { kind: "sign-flip", share: 0.3 },
  peers: 10,
  cycles: 30,
  task: { aggregation: { inboxSize: 3, quorum: 2 } },
};
const by = (select: string, floor?: number) => ({
  algorithm: { kind: "hearsay", select, ...(floor !== undefined && { floor }) },
});

/** Share of the models in merges of honest peers that liars made. */
function liesIn({ peers }: Report): number {
  const times = (honest: boolean) =>
    peers
      .filter((row) => row.honest === honest)
      .flatMap(({ merges }) => Object.values(merges))
      .reduce((sum, count) => sum + count, 0);
  return times(false) / (times(false) + times(true));
}

describe("a network whose peers prefer some neighbours", () => {
  it("hears fewer lies that harm own rows, by usefulness and by affinity, and never none: a floor of chance is left", async () => {
    const alike = liesIn(await runBlobs(LIARS));
    assert.ok(alike > 0.25 && alike < 0.4, `${alike}: three of ten lie`);
    for (const select of ["usefulness", "affinity"]) {
      const lies = liesIn(await runBlobs({ ...LIARS, ...by(select) }));
      assert.ok(lies < alike - 0.08 && lies > 0.02, `${select}: ${lies} in place of ${alike}`);
    }
  });

  it("draws as it always did where the floor is all, but for who is drawn by which number", async () => {
    const alike = liesIn(await runBlobs({ ...LIARS, ...by("usefulness", 1) }));
    assert.ok(alike > 0.25 && alike < 0.4, `${alike}`);
  });

  it("is no other scenario than before where nothing is said, and gives the very report where all are alike", async () => {
    const before = await runBlobs(LIARS);
    const named = await runBlobs({ ...LIARS, ...by("random") });
    assert.deepEqual(named.peers, before.peers);
    assert.deepEqual(named.summary.final, before.summary.final);
    assert.equal("select" in blobScenario(LIARS).algorithm, false);
    assert.notEqual(scenarioHash(blobScenario({ ...LIARS, ...by("link") }), nodeCrypto), before.summary.hash);
  });

  it("refuses a policy that there is not, and names those that there are", () => {
    assert.throws(() => blobScenario(by("beauty")), /random, usefulness, affinity, link, freshness/);
  });
});
