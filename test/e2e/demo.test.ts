/** The demo, small and short: its promises about form, not about figures, which need its full length. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { createLab, type Lab } from "../support/process.ts";

const PEERS = 4;
const DEADLINE_MS = 240_000;

describe("the demo", () => {
  let lab: Lab;

  before(async () => {
    lab = await createLab("demo");
  });
  after(() => lab?.close());

  it("ends with one line of JSON with exactly the documented keys, all logs verified, and nothing left behind", async () => {
    const before = await scratch();
    const args = ["demo", "--peers", String(PEERS), "--attackers", "1", "--seconds", "6", "--json"];
    const { code, stdout, stderr } = await lab.run(args, { deadlineMs: DEADLINE_MS, env: { TMPDIR: lab.directory } });
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
    assert.deepEqual(Object.keys(result).sort(), [
      "alone",
      "attackers",
      "bytesPerUpdate",
      "logsVerified",
      "mean",
      "peers",
      "robust",
      "seconds",
      "updates",
    ]);
    assert.deepEqual([result.peers, result.attackers, result.seconds], [PEERS, 1, 6]);
    assert.equal(result.logsVerified, 2 * PEERS);
    for (const name of ["alone", "mean", "robust"]) {
      const outcome = result[name] as Record<string, number>;
      assert.deepEqual(Object.keys(outcome).sort(), ["meanAccuracy", "minAccuracy"]);
      const { meanAccuracy = -1, minAccuracy = -1 } = outcome;
      assert.ok(0 <= minAccuracy && minAccuracy <= meanAccuracy && meanAccuracy <= 1, name);
    }
    assert.ok(Number.isInteger(result.updates) && (result.updates as number) >= PEERS);
    assert.ok(Number.isInteger(result.bytesPerUpdate) && (result.bytesPerUpdate as number) > 0);
    assert.deepEqual(await scratch(), before, "a scratch directory is left");
  });

  async function scratch(): Promise<string[]> {
    return (await readdir(lab.directory)).filter((name) => name.startsWith("hearsay-demo-"));
  }
});
