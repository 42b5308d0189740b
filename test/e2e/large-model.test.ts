/** A model of 6 MB, in real processes: it crosses in chunks, a death in the middle of a pull harms nobody, and a long step can be ended. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { numParams } from "../../protocol/base/task.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { createLab, type Lab, type PeerProcess, sleep, until } from "../support/process.ts";

const SOURCE = {
  ...parse(TEMPLATES.digits.yaml),
  model: { kind: "mlp", hidden: [1024, 1400] },
  training: { steps: 1, batch: 4, learningRate: 0.05 },
  aggregation: { rule: "guarded-median", inboxSize: 2, quorum: 2, memory: 2 },
};
const BODY_BYTES = 4 * numParams(parseTask(SOURCE));
const MIN_CYCLE_MS = 2_000;
/** Training and merging 1.5 million parameters takes its time where others use the machine too. */
const DEADLINE_MS = 180_000;

describe("a model of 6 MB", () => {
  let lab: Lab;
  let task: string;
  let first: PeerProcess;
  let second: PeerProcess;
  let third: PeerProcess;

  before(async () => {
    lab = await createLab("large");
    task = await lab.writeTask("task.yaml", SOURCE);
  });
  after(() => lab?.close());

  function start(share: number, bootstrap: readonly string[]): PeerProcess {
    const args = ["--dataset", "digits", "--share", `${share}/3`];
    return lab.startPeer({ name: `peer${share}`, task, bootstrap, minCycleMs: MIN_CYCLE_MS, args });
  }

  it("crosses between three processes, which merge it", async () => {
    assert.ok(BODY_BYTES > 6_000_000, `${BODY_BYTES} bytes`);
    first = start(1, []);
    const bootstrap = [await first.address()];
    [second, third] = [start(2, bootstrap), start(3, bootstrap)];
    for (const peer of [first, second, third]) {
      const { bytesIn } = await merges(peer, 2);
      assert.ok(bytesIn > 4 * BODY_BYTES, `two merges of two models each came with ${bytesIn} bytes`);
    }
  });

  it("is of no harm to others when one dies while it pulls", async () => {
    let seen = (await third.status()).bytesIn;
    await until("a pull in progress", async () => {
      const { bytesIn } = await third.status();
      const news = bytesIn - seen;
      seen = bytesIn;
      return (news > BODY_BYTES / 20 && news < 2 * BODY_BYTES) || undefined;
    });
    await third.kill();
    for (const peer of [first, second]) {
      const { cycle } = await peer.status();
      const status = await peer.waitFor("more cycles", (now) => now.cycle >= cycle + 3, DEADLINE_MS);
      assert.equal(status.counters.invalid, 0);
      const fatal = Object.keys(status.counters.refused).filter((code) => code.startsWith("ERR_MODEL"));
      assert.deepEqual(fatal, []);
    }
    const counts = await Promise.all([first, second].map(async (peer) => (await peer.status()).counters.merges));
    third = start(3, [await first.address()]);
    for (const [i, peer] of [first, second].entries()) await merges(peer, (counts[i] ?? 0) + 1);
    await merges(third, 1);
    for (const peer of [first, second, third]) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
  });

  it("can be stopped in the middle of a long training, and asked for its status", async () => {
    const endless = await lab.writeTask("endless.yaml", { ...SOURCE, training: { steps: 100_000, batch: 256 } });
    const peer = lab.startPeer({ name: "endless", task: endless, args: ["--dataset", "digits"] });
    await peer.waitFor("its first training", ({ cycle, holdout }) => cycle === 0 && holdout === null);
    await sleep(500);
    assert.equal((await peer.status()).cycle, 0);
    assert.deepEqual(await peer.stop(), { code: 0, signal: null }, peer.stderr());
    const { code, stdout } = await lab.run(["log", "verify", "--state", peer.stateDir]);
    assert.equal(code, 0, stdout);
  });

  function merges(peer: PeerProcess, count: number): ReturnType<PeerProcess["waitFor"]> {
    return peer.waitFor(`${count} merges`, ({ counters }) => counters.merges >= count, DEADLINE_MS);
  }
});
