/** Three real peers on loopback whose task has cohorts: they meet, publish their mean and learn from it. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { loadPeerData } from "../../node/data/share.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { eventually } from "../conformance/transport.ts";

const TASK = parseTask({
  ...parse(TEMPLATES.digits.yaml),
  codec: "int8",
  aggregation: { quorum: 1 },
  privacy: { cohort: { size: 3, minimum: 3 } },
});
const DEADLINE_MS = 120_000;

describe("three peers whose task has cohorts", () => {
  let root: string;
  const running: RunningPeer[] = [];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-cohorts-"));
    const shared = { dataset: "digits", holdout: 0.2, holdoutBy: "chance", partition: "iid", seed: 1 } as const;
    for (const number of [1, 2, 3]) {
      const { train } = await loadPeerData({ ...shared, share: `${number}/3` }, TASK);
      const bootstrap = running.flatMap((peer) => peer.addresses().slice(0, 1));
      const options = { task: TASK, train, engine: "dense", minCycleMs: 300, maxOutbound: 8, mdns: false, bootstrap };
      const stateDir = join(root, `peer${number}`);
      running.push(await startPeer({ ...options, listen: ["/ip4/127.0.0.1/tcp/0"], stateDir }));
    }
  });
  after(async () => {
    await Promise.all(running.map((peer) => peer.stop()));
    await rm(root, { recursive: true });
  });

  it("meet over real connections, each comes into means, and merges those of others; nobody's own model is published", async () => {
    const statuses = () => running.map(({ peer }) => peer.status());
    await eventually(
      () =>
        statuses().every(({ cohort }) => (cohort?.sessions.released ?? 0) >= 3) &&
        statuses().filter(({ counters }) => counters.merges > 0).length >= 2,
      DEADLINE_MS,
    );
    for (const { peer } of running) {
      let published = 0;
      for await (const { type, body } of peer.log.entries()) {
        if (type !== "publish") continue;
        published++;
        assert.equal(body.mass, 3);
        assert.ok(body.cohort !== undefined);
      }
      assert.ok(published <= peer.status().counters.published);
      assert.deepEqual(
        Object.keys(peer.status().counters.refused).filter((code) => code !== "ERR_NOT_FOUND"),
        [],
      );
    }
  });
});
