/** A peer of version 1 of the protocol, as it was last landed, meets one of now: both say what is wrong and leave each other alone. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { type Installed, installVersion1 } from "../support/installed.ts";
import { createLab, type Lab, type PeerProcess } from "../support/process.ts";

const DATA = (share: string) => ["--dataset", "digits", "--share", share];

describe("a peer of version 1 and one of now", () => {
  let old: Installed;
  let labs: readonly [now: Lab, then: Lab];
  let now: PeerProcess;
  let then: PeerProcess;

  before(async () => {
    old = await installVersion1();
    labs = [await createLab("now"), await createLab("then", { cli: old.cli })];
    const [nowLab, thenLab] = labs;
    const task = await nowLab.writeTask("task.yaml", parse(TEMPLATES.digits.yaml));
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

  it("learn on, each by itself, and count no neighbour", async () => {
    for (const peer of [now, then]) {
      const { cycle } = await peer.status();
      const later = await peer.waitFor("learns on", (status) => status.cycle > cycle + 1);
      assert.equal(later.neighbours, 0);
      assert.equal(later.counters.merges, 0);
    }
  });
});
