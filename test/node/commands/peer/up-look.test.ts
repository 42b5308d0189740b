import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { dataToLearn } from "../../../../node/commands/peer/up-look.ts";
import type { Rules } from "../../../../node/commands/peer/up-policy.ts";
import { loadConfig } from "../../../../node/config.ts";
import type { PeerData } from "../../../../node/data/share.ts";
import { blobTask } from "../../../support/blobs.ts";

it("a peer that starts tells what its task is known to learn badly with, before it looks at any data", async () => {
  const told: string[] = [];
  const stop = new Error("nothing is looked at yet");
  const site = {
    allow() {},
  };
  const config = { data: {}, engine: "auto", trainer: {} };
  const task = blobTask({ codec: "int4", training: { steps: 5, outerMomentum: 0.9 } });
  const logger = {
    warn(text: string) {
      told.push(text);
      throw stop;
    },
  };
  const rules = { config, site } as unknown as Parameters<typeof dataToLearn>[1];
  await assert.rejects(
    dataToLearn("", rules, { task, taskId: "" }, logger as unknown as Parameters<typeof dataToLearn>[3]),
    stop,
  );
  assert.match(told[0] ?? "", /^codec: int4 with training\.outerMomentum 0\.9/);
});

describe("a peer of a task that hides single records", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "hearsay-up-look-"));
  after(() => rmSync(stateDir, { recursive: true }));

  /** What is told where a site has so many rows. */
  async function told(rows: number, mechanism: string, delta: number): Promise<string[]> {
    const said: string[] = [];
    const config = await loadConfig(undefined, {}, {});
    const data = { train: { length: rows }, warnings: [] } as unknown as PeerData;
    const site = { allow() {}, read: async () => data };
    const privacy = { mechanism, clipNorm: 1, noiseMultiplier: 1, maxEpsilon: 8, delta };
    const task = blobTask({ privacy });
    const logger = { warn: (text: string) => said.push(text) } as unknown as Parameters<typeof dataToLearn>[3];
    await dataToLearn(stateDir, { config, site } as unknown as Rules, { task, taskId: "ab".repeat(32) }, logger);
    return said.filter((text) => text.startsWith("privacy"));
  }

  it("says where its delta promises nothing to one of so many rows: the delta, the rows, and what helps", async () => {
    assert.deepEqual(await told(100_000, "dp-sgd", 1e-5), [
      "privacy.delta: a delta of 1.00e-5 is no promise to 100,000 rows: with it, whole records may be published; train on 99,999 rows at most (data.share), or join a task whose delta is 1.00e-6",
    ]);
  });

  it("says nothing of fewer rows, nor where a whole site is hidden", async () => {
    assert.deepEqual(await told(99_999, "dp-sgd", 1e-5), []);
    assert.deepEqual(await told(100_000, "gaussian-update", 1e-5), []);
  });
});
