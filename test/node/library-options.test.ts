/** A program that gives createPeer something wrong is told what, by the name of the option, before anything is opened. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createPeer, type PeerOptions, parseTask } from "../../node/library.ts";

const TASK = parseTask({
  name: "two",
  input: { shape: [2] },
  output: { kind: "classification", classes: ["a", "b"] },
  model: { kind: "softmax" },
});
const TRAIN = { inputs: Float32Array.of(0, 1, 1, 0), targets: Float32Array.of(0, 1), length: 2 };

describe("the options of createPeer", () => {
  let stateDir: string;
  before(async () => {
    stateDir = join(await mkdtemp(join(tmpdir(), "hearsay-options-")), "state");
  });
  after(() => rm(join(stateDir, ".."), { recursive: true }));

  async function refuses(wrong: Readonly<Record<string, unknown>>, code: string, message: RegExp): Promise<void> {
    const options = { stateDir, task: TASK, train: TRAIN, listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false, ...wrong };
    await assert.rejects(createPeer(options as PeerOptions), { name: "HearsayError", code, message });
    assert.equal(existsSync(stateDir), false);
  }

  it("are refused where a setting of that name would be, with what was given", async () => {
    await refuses(
      { listen: ["127.0.0.1:80"] },
      "ERR_CONFIG",
      /listen\.0: is no multiaddr, such as .*"127\.0\.0\.1:80"/,
    );
    await refuses({ bootstrap: ["foo"] }, "ERR_CONFIG", /bootstrap\.0: is no multiaddr/);
    await refuses({ budget: "many" }, "ERR_CONFIG", /budget: "many" is no budget: write it as 2MB\/day/);
    await refuses({ minCycleMs: -1, maxOutbound: 0 }, "ERR_CONFIG", /2 fault\(s\):\n.*minCycleMs.*\n.*maxOutbound/);
    await refuses({ minCycleMs: Number.NaN }, "ERR_CONFIG", /minCycleMs/);
    await refuses({ engine: "torch" }, "ERR_CONFIG", /engine: .*dense/);
    await refuses({ stateDir: undefined }, "ERR_CONFIG", /stateDir: is missing: give a text/);
  });

  it("are refused under a name that no option has, with the one that was meant", () =>
    refuses({ minCycle: 100 }, "ERR_CONFIG", /"minCycle"; did you mean minCycleMs\?/));

  it("need a task that parseTask has read", () =>
    refuses({ task: { name: "two" } }, "ERR_CONFIG", /task: is no task: give what parseTask\(\) returns/));

  it("need rows in vectors of finite numbers", async () => {
    await refuses({ train: { ...TRAIN, inputs: [0, 1, 1, 0] } }, "ERR_CONFIG", /train\.inputs: give a Float32Array/);
    await refuses({ train: [[0, 1]] }, "ERR_CONFIG", /train: give rows: \{ inputs, targets, length \}/);
    const inputs = Float64Array.of(0, 1, Number.NaN, 0);
    await refuses({ train: { ...TRAIN, inputs } }, "ERR_DATA", /train: row 1 has NaN among its inputs: leave the row/);
    const targets = Float32Array.of(Number.POSITIVE_INFINITY, 1);
    await refuses({ holdout: { ...TRAIN, targets } }, "ERR_DATA", /holdout: row 0 has Infinity among its targets/);
  });

  it("that are undefined are left out", async () => {
    const left = { bootstrap: undefined, budget: undefined, minCycleMs: undefined, maxOutbound: undefined };
    const options = { stateDir, task: TASK, train: TRAIN, listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false, ...left };
    const { addresses, stop } = await createPeer(options as object as PeerOptions);
    assert.match(addresses()[0] ?? "", /^\/ip4\/127\.0\.0\.1/);
    await stop();
  });
});
