/** What an owner chooses on the command line of a peer reaches it: whom it asks first, and when it rests. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { createLab, type Lab, type PeerProcess, until } from "../support/process.ts";

const data = (share: string) => ["--dataset", "digits", "--share", share, "--holdout", "0.2"];

describe("a peer on battery that prefers useful models", () => {
  let lab: Lab;
  let peer: PeerProcess;
  let other: PeerProcess;

  before(async () => {
    lab = await createLab("choices");
    const small = { training: { steps: 2 }, aggregation: { inboxSize: 2, quorum: 1 } };
    const task = await lab.writeTask("task.yaml", { ...parse(TEMPLATES.digits.yaml), ...small });
    other = lab.startPeer({ name: "other", task, args: data("1/2") });
    peer = lab.startPeer({
      ...{ name: "peer", task, bootstrap: [await other.address()] },
      args: [...data("2/2"), "--select", "usefulness", "--train-on", "mains"],
      through: ["env", "HEARSAY_SAVING_POWER=battery"],
    });
  });
  after(() => lab?.close());

  it("trains nothing, merges what the other publishes, and says why", async () => {
    const status = await peer.waitFor("merges", ({ counters }) => counters.merges > 1);
    assert.deepEqual(status.pauses, [{ stops: "training", because: "on battery (saving.trainOn: mains)" }]);
    assert.ok((await peer.log()).every(({ type }) => type !== "train"));
    assert.match(peer.stderr(), /on battery/);
  });

  it("says whom it prefers, and hearsay why tells why it asks a peer", async () => {
    assert.equal((await peer.status()).selection?.by, "usefulness");
    const { peerId } = await other.status();
    const told = await until("it has asked", async () => {
      const { code, stdout } = await lab.run(["why", "--state", peer.stateDir, "--peer", peerId]);
      return code === 0 && stdout.includes("asked for its models: ") ? stdout : undefined;
    });
    assert.match(told, /asked for its models: .*by usefulness/);
  });
});
