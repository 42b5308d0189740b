/**
 * Peers of other versions. One of the version before learns with one of now, and goes on as one of now. One of version 1 of the protocol, as it was last landed,
 * and one of now say what is wrong and leave each other alone. What a newer version wrote is refused.
 */
import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { LAYOUT, LAYOUT_FILE } from "../../node/disk/layout.ts";
import { packageVersion } from "../../node/disk/package-root.ts";
import { type Installed, installOlder } from "../support/installed.ts";
import { createLab, type Lab, type PeerProcess } from "../support/process.ts";

const DATA = (share: string) => ["--dataset", "digits", "--share", share];

describe("a peer of version 1 and one of now", () => {
  let old: Installed;
  let labs: readonly [now: Lab, then: Lab];
  let now: PeerProcess;
  let then: PeerProcess;
  let task: string;

  before(async () => {
    old = await installOlder("v1");
    labs = [await createLab("now"), await createLab("then", { cli: old.cli })];
    const [nowLab, thenLab] = labs;
    task = await nowLab.writeTask("task.yaml", parse(TEMPLATES.digits.yaml));
    now = nowLab.startPeer({ name: "now", task, args: DATA("1/2") });
    then = thenLab.startPeer({ name: "then", task, args: DATA("2/2"), bootstrap: [await now.address()] });
  });
  after(async () => {
    await Promise.all(labs?.map((lab) => lab.close()) ?? []);
    await old?.remove();
  });

  it("refuse each other, and each names both versions and which of the two to update", async () => {
    const refused = ({ counters }: { readonly counters: { readonly refused: Readonly<Record<string, number>> } }) =>
      (counters.refused.ERR_VERSION ?? 0) > 0;
    await Promise.all([now.waitFor("refuses", refused), then.waitFor("refuses", refused)]);
    const said = (peer: PeerProcess) => peer.stdout() + peer.stderr();
    assert.match(said(now), /speaks hearsay\/1, this is hearsay\/2: update that peer/);
    assert.match(said(then), /speaks hearsay\/2, this is hearsay\/1: update this peer/);
  });

  it("are told apart in the list of peers: it says what the other one speaks, and what to do", async () => {
    const [nowLab] = labs;
    const { peerId } = await then.status();
    const late = nowLab.startPeer({ name: "late", task, args: DATA("1/2"), bootstrap: [await then.address()] });
    await late.waitFor("refuses", ({ counters }) => (counters.refused.ERR_VERSION ?? 0) > 0);
    const { stdout } = await nowLab.run(["peers", "--state", late.stateDir]);
    assert.match(stdout, new RegExp(`${peerId.slice(-8)} .*speaks hearsay/1, this is hearsay/2: update that peer`));
    assert.deepEqual(await late.stop(), { code: 0, signal: null });
  });

  it("learn on, each by itself, and count no neighbour", async () => {
    for (const peer of [now, then]) {
      const { cycle } = await peer.status();
      const later = await peer.waitFor("learns on", (status) => status.cycle > cycle + 1);
      assert.equal(later.neighbours, 0);
      assert.equal(later.counters.merges, 0);
    }
  });
});

describe("a peer of the version before and one of now", () => {
  let old: Installed;
  let labs: readonly [now: Lab, then: Lab];
  let now: PeerProcess;
  let then: PeerProcess;
  let task: string;

  before(async () => {
    old = await installOlder("before");
    labs = [await createLab("now"), await createLab("then", { cli: old.cli })];
    const [nowLab, thenLab] = labs;
    const small = { training: { steps: 2 }, aggregation: { inboxSize: 2, quorum: 1 } };
    task = await nowLab.writeTask("task.yaml", { ...parse(TEMPLATES.digits.yaml), ...small });
    now = nowLab.startPeer({ name: "now", task, args: DATA("1/2") });
    then = thenLab.startPeer({ name: "then", task, args: DATA("2/2"), bootstrap: [await now.address()] });
  });
  after(async () => {
    await Promise.all(labs?.map((lab) => lab.close()) ?? []);
    await old?.remove();
  });

  it("learn together: each merges the other's models, and refuses nothing", async () => {
    for (const peer of [now, then]) {
      const status = await peer.waitFor("merges", ({ counters }) => counters.merges > 2);
      assert.equal(status.neighbours, 1);
      // which are of no version: a newer model, and one pull over a connection that was opened twice
      const { ERR_REPLAYED: _, ERR_UNREACHABLE: lost = 0, ...refused } = status.counters.refused;
      assert.ok(lost <= 1, `${lost} lost pulls`);
      assert.deepEqual(refused, {});
    }
  });

  it("are one after an upgrade: the version of now goes on with key, log and model of the one before", async () => {
    const before = await then.status();
    assert.deepEqual(await then.stop(), { code: 0, signal: null });
    await rename(then.stateDir, labs[0].path("upgraded"));
    const upgraded = labs[0].startPeer({ name: "upgraded", args: DATA("2/2"), bootstrap: [await now.address()] });
    const after = await upgraded.waitFor(
      "merges again",
      ({ cycle, counters }) => cycle > before.cycle && counters.merges > 0,
    );
    assert.deepEqual([after.peerId, after.generation], [before.peerId, 0]);
    assert.ok(after.logSize > before.logSize, `${before.logSize} -> ${after.logSize}`);
    assert.deepEqual(await upgraded.stop(), { code: 0, signal: null });
  });

  it("are none after a downgrade over another layout: what a newer version wrote is refused in words, and not touched", async () => {
    const layout = `layout ${LAYOUT + 1}, hearsay 9.8.7\n`;
    const state = labs[0].path("upgraded");
    await writeFile(join(state, "db", LAYOUT_FILE), layout);
    const { code, stderr } = await labs[0].run(["up", "--state", state, ...DATA("2/2"), "--no-mdns"]);
    assert.equal(code, 1, stderr);
    const both = `written by hearsay 9.8.7 (layout ${LAYOUT + 1}); this is hearsay ${packageVersion()}`;
    assert.ok(stderr.includes(both) && stderr.includes("install hearsay 9.8.7 or newer again"), stderr);
  });
});
