/**
 * Releases with real processes: two release keys that are on no device say which model serves; canaries serve it first; every peer votes; all go back
 * when they say so, also one that was stopped meanwhile. Only order is asserted, not how long anything takes.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { createLab, type Finished, type Lab, type PeerProcess, until } from "../support/process.ts";

const PEERS = 3;

describe("releases of real peers", () => {
  let lab: Lab;
  let task: string;
  let peers: PeerProcess[];

  before(async () => {
    lab = await createLab("releases");
    const keys = [];
    for (const name of ["first.key", "second.key"]) {
      const { peerId } = JSON.parse((await succeeded(["key", "new", lab.path(name), "--json"])).stdout);
      keys.push(peerId);
    }
    const source = { ...parse(TEMPLATES.digits.yaml), model: { kind: "softmax" }, releases: { keys } };
    task = await lab.writeTask("task.yaml", { ...source, aggregation: { rule: "median", inboxSize: 2, quorum: 1 } });
    const first = start(0, []);
    const address = await first.address();
    peers = [first, start(1, [address], ["--canary"]), start(2, [address])];
    for (const peer of peers) await peer.waitFor("merges", ({ counters }) => counters.merges >= 2);
  });
  after(() => lab?.close());

  function start(number: number, bootstrap: readonly string[], more: readonly string[] = []): PeerProcess {
    const told = ["--on-promote", `echo "$HEARSAY_RELEASE" >> ${lab.path(`promoted-${number}`)}`];
    const args = ["--dataset", "digits", "--share", `${number + 1}/${PEERS}`, ...told, ...more];
    return lab.startPeer({ name: `peer-${number}`, task, bootstrap, minCycleMs: 500, args });
  }

  async function succeeded(args: readonly string[]): Promise<Finished> {
    const finished = await lab.run(args);
    assert.equal(finished.code, 0, finished.stderr);
    return finished;
  }

  /** The same command by both release keys. */
  async function byBoth(args: readonly string[]): Promise<void> {
    for (const name of ["first.key", "second.key"])
      await succeeded([...args, "--key", lab.path(name), "--state", lab.path("peer-0")]);
  }

  const tagged = (name: string) =>
    succeeded(["tag", name, "--key", lab.path("first.key"), "--state", lab.path("peer-0"), "--json"]);
  const serves = (peer: PeerProcess, name: string | undefined) =>
    peer.waitFor(`serves ${name}`, ({ release }) => (release?.serving?.name ?? undefined) === name);

  async function answers(number: number): Promise<Finished> {
    const data = await lab.write("new.csv", `${Array.from({ length: 64 }, (_, i) => `x${i}`)}\n${Array(64).fill(3)}\n`);
    return lab.run(["predict", "--data", data, "--state", lab.path(`peer-${number}`), "--json"]);
  }

  it("do not answer before one is rolled out, and the canary answers first", async () => {
    const none = await answers(2);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /no release serves on this peer yet.*--learning/s);
    await tagged("v1");
    const alone = await lab.run([
      "rollout",
      "v1",
      "--key",
      lab.path("first.key"),
      "--state",
      lab.path("peer-0"),
      "--ring",
      "canary",
    ]);
    assert.match(alone.stdout, /signed by 1 of the 2 keys/);
    await byBothOrSecond(["rollout", "v1", "--ring", "canary"]);
    const [first, canary, last] = peers as [PeerProcess, PeerProcess, PeerProcess];
    await serves(canary, "v1");
    for (const peer of [first, last]) assert.equal((await peer.status()).release?.serving, null);
    await byBoth(["rollout", "v1"]);
    for (const peer of peers) await serves(peer, "v1");
    const { stdout, stderr } = await answers(2);
    assert.match(stderr, /answered by release v1/);
    assert.equal(JSON.parse(stdout).release, "v1");
  });

  /** The first key has signed already. */
  async function byBothOrSecond(args: readonly string[]): Promise<void> {
    await succeeded([...args, "--key", lab.path("second.key"), "--state", lab.path("peer-0")]);
  }

  it("are voted on by every peer with a hold-out", async () => {
    const beyond = await lab.run(["gate", "v1", "accuracy >= 96", "--state", lab.path("peer-0")]);
    assert.deepEqual([beyond.code, /accuracy >= 96 %/.test(beyond.stderr)], [2, true], "no model could pass");
    const gate = ["gate", "v1", "accuracy >= 5% and worst_class >= 0"];
    await succeeded([...gate, "--key", lab.path("first.key"), "--state", lab.path("peer-0")]);
    for (const peer of peers)
      await peer.waitFor("three votes", ({ release }) => release?.releases[0]?.gates[0]?.yes === PEERS);
    const { stdout } = await succeeded(["releases", "--state", lab.path("peer-1")]);
    assert.match(stdout, /worst_class >= 0: 3 yes, 0 no/);
  });

  it("go back on all peers, also on one that was stopped when that was said", async () => {
    await tagged("v2");
    await byBoth(["rollout", "v2"]);
    for (const peer of peers) await serves(peer, "v2");
    const last = peers[2] as PeerProcess;
    await last.stop();
    const { stderr } = await answers(2);
    assert.match(stderr, /answered by release v2/, "a peer that does not run answers all the same");
    await byBoth(["rollback"]);
    for (const peer of peers.slice(0, 2)) await serves(peer, "v1");
    const again = start(2, [await (peers[0] as PeerProcess).address()]);
    await serves(again, "v1");
    await until("the command of the owner has run for each", async () => {
      const promoted = await readFile(lab.path("promoted-2"), "utf8");
      return promoted === "v1\nv2\nv1\n" || undefined;
    });
  });

  it("are refused where a key is none of the task's", async () => {
    await succeeded(["key", "new", lab.path("other.key")]);
    const { code, stderr } = await lab.run([
      "rollout",
      "v2",
      "--key",
      lab.path("other.key"),
      "--state",
      lab.path("peer-0"),
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /is no release key of this task/);
  });
});
