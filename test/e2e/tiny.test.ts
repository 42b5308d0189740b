/** A peer under the preset `tiny` in a control group of 128 MB and a quarter of a core, and of 64 MB once it learns. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Card, mountCard } from "../support/card.ts";
import { type Confinement, openConfinement } from "../support/confinement.ts";
import { type Installed, installBundle } from "../support/installed.ts";
import { createLab, type Lab } from "../support/process.ts";

const LIMITS = { memoryBytes: 128e6, coreShare: 0.25 };
const HELD_BYTES = 64e6;
/** What a disk reads ahead by default. One that reads megabytes with each page throws out the pages that the next step needs. */
const CARD = { megabytes: 300, readAheadKb: 128 };
const CYCLES = 4;

const trial = await openConfinement(`hearsay-trial-${process.pid}`, LIMITS).catch((error: Error) => error);
const skip = trial instanceof Error ? trial.message : false;
if (!(trial instanceof Error)) await trial.close();

describe("a tiny peer with 128 MB and a quarter of a core", { skip }, () => {
  let installed: Installed;
  let lab: Lab;
  let card: Card;
  let group: Confinement;

  before(async () => {
    installed = await installBundle();
    lab = await createLab("tiny", { cli: installed.cli });
    card = mountCard(join(tmpdir(), `hearsay-card-${process.pid}`), CARD);
    group = await openConfinement(`hearsay-tiny-${process.pid}`, LIMITS);
  });
  after(async () => {
    await lab?.close();
    card?.close();
    await group?.close();
    await installed?.remove();
  });

  it("merges with a neighbour that has all of the machine, in one process, then in 64 MB, and nothing of it is ended for memory", async () => {
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
    const through = group.through(join(card.path, "node"));
    const inside = peer("inside", "2/2", { bootstrap: [await outside.address()], through });
    const { engine } = await inside.waitFor(
      "it has merged",
      ({ cycle, counters }) => cycle > CYCLES && counters.merges > 0,
    );
    assert.equal(engine, "dense");
    const { killed, heldBytes } = await group.report();
    assert.equal(killed, 0);
    assert.ok(heldBytes > 20e6 && heldBytes <= LIMITS.memoryBytes, `the group holds ${heldBytes} bytes`);

    await group.hold(HELD_BYTES);
    const { merges } = (await inside.status()).counters;
    await inside.waitFor("it merges in half of the memory", ({ counters }) => counters.merges > merges + CYCLES);
    const later = await group.report();
    assert.equal(later.killed, 0);
    assert.ok(later.heldBytes <= HELD_BYTES, `the group holds ${later.heldBytes} bytes`);
    assert.deepEqual(await inside.stop(), { code: 0, signal: null });
  });
});
