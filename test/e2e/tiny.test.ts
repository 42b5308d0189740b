/** A peer under the preset `tiny` in a control group of 128 MB and a quarter of a core. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Confinement, openConfinement } from "../support/confinement.ts";
import { type Installed, installBundle } from "../support/installed.ts";
import { createLab, type Lab } from "../support/process.ts";

const LIMITS = { memoryBytes: 128e6, coreShare: 0.25 };
const CYCLES = 4;

const trial = await openConfinement(`hearsay-trial-${process.pid}`, LIMITS).catch((error: Error) => error);
const skip = trial instanceof Error ? trial.message : false;
if (!(trial instanceof Error)) await trial.close();

describe("a tiny peer with 128 MB and a quarter of a core", { skip }, () => {
  let installed: Installed;
  let lab: Lab;
  let group: Confinement;

  before(async () => {
    installed = await installBundle();
    lab = await createLab("tiny", { cli: installed.cli });
    group = await openConfinement(`hearsay-tiny-${process.pid}`, LIMITS);
  });
  after(async () => {
    await lab?.close();
    await group?.close();
    await installed?.remove();
  });

  it("merges with a neighbour that has all of the machine, in one process, and nothing of it is ended for memory", async () => {
    const task = await lab.writeTask("task.yaml", {
      ...{ name: "tiny", model: { kind: "softmax" }, input: { shape: [8, 8, 1], mean: [4.88], std: [6.02] } },
      output: { kind: "classification", classes: [..."0123456789"] },
      aggregation: { inboxSize: 3, quorum: 1 },
    });
    const peer = (name: string, share: string, more: object) =>
      lab.startPeer({
        name,
        task,
        minCycleMs: 500,
        args: ["--preset", "tiny", "--dataset", "digits", "--share", share],
        ...more,
      });
    const outside = peer("outside", "1/2", {});
    const through = group.through(lab.path("node"));
    const inside = peer("inside", "2/2", { bootstrap: [await outside.address()], through });
    const { engine } = await inside.waitFor(
      "it has merged",
      ({ cycle, counters }) => cycle > CYCLES && counters.merges > 0,
    );
    assert.equal(engine, "dense");
    const { killed, heldBytes } = await group.report();
    assert.equal(killed, 0);
    assert.ok(heldBytes > 20e6 && heldBytes <= LIMITS.memoryBytes, `the group holds ${heldBytes} bytes`);
    assert.deepEqual(await inside.stop(), { code: 0, signal: null });
  });
});
