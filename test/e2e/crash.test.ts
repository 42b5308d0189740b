/**
 * A peer that is killed at any moment loses nothing that it told anybody: its log holds, entries that were seen are still there, and
 * it goes on from parameters at least as old as those it had shown.
 */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { nodeCrypto } from "../../node/crypto.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { createRng } from "../../protocol/base/rng.ts";
import { verifyExport } from "../../protocol/log/export/verify-export.ts";
import { createLab, jsonLines, type Lab, type LogLine, type PeerProcess, sleep } from "../support/process.ts";

const SOURCE = {
  ...parse(TEMPLATES.digits.yaml),
  aggregation: { rule: "median", inboxSize: 2, quorum: 1 },
};
const KILLS = 8;
const LONGEST_WAIT_MS = 500;
/** Four cycles in the time of one wait: most kills hit something. */
const MIN_CYCLE_MS = 120;

describe("a peer that is killed at any moment", () => {
  let lab: Lab;
  let task: string;
  let steady: PeerProcess[];
  let address: string;

  before(async () => {
    lab = await createLab("crash");
    task = await lab.writeTask("task.yaml", SOURCE);
    const first = start("first", "1/3", []);
    address = await first.address();
    steady = [first, start("second", "2/3", [address])];
  });
  after(() => lab?.close());

  function start(name: string, share: string, bootstrap: readonly string[]): PeerProcess {
    const args = ["--dataset", "digits", "--share", share];
    return lab.startPeer({ name, task, bootstrap, minCycleMs: MIN_CYCLE_MS, args });
  }

  it("loses no acknowledged entry and no acknowledged step, eight times over", async (context) => {
    const rng = createRng("kills");
    const acknowledged = new Map<number, string>();
    let age = 0;
    let entries = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const peer = start("mortal", "3/3", [address]);
      const started = await peer.waitFor("it runs", () => true);
      assert.ok(started.age >= age, `age ${started.age} after a kill, ${age} had been shown`);
      assert.ok(started.logSize >= entries, "nothing that was told is gone");
      await peer.waitFor("a merge", ({ counters, cycle }) => counters.merges >= 2 && cycle >= started.cycle + 2);
      const [log, status] = await Promise.all([peer.log(), peer.status()]);
      await sleep(rng.below(LONGEST_WAIT_MS));
      await peer.kill();

      for (const { seq, hash } of log) acknowledged.set(seq, hash);
      age = status.age;
      const stored = await exported();
      for (const [seq, hash] of acknowledged) assert.equal(stored[seq]?.hash, hash, `entry ${seq}`);
      entries = stored.length;
    }
    const resumes = (await exported()).filter(({ type }) => type === "resume");
    assert.equal(resumes.length, KILLS - 1, "one resume entry a restart");
    context.diagnostic(`${acknowledged.size} entries seen, ${entries} stored`);
    const { code, stdout } = await lab.run(["log", "verify", "--state", lab.path("mortal")]);
    assert.equal(code, 0, stdout);
    for (const peer of steady) {
      await peer.waitFor("merges still", ({ counters }) => counters.merges > 2 * KILLS);
      assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    }
  });

  async function exported(): Promise<LogLine[]> {
    const { code, stdout, stderr } = await lab.run(["log", "export", "--state", lab.path("mortal")]);
    assert.equal(code, 0, stderr);
    const { ok, firstBad } = await verifyExport(Readable.from([Buffer.from(stdout)]), { crypto: nodeCrypto });
    assert.ok(ok, firstBad?.message);
    return jsonLines<LogLine>(stdout).slice(1); // without the header
  }
});
