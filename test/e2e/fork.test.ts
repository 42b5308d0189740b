/**
 * Real processes on copies of one state directory. A backup that is restored goes on under a new log, and nobody minds. A peer that has two heads,
 * and does not listen to what others know of it, is found out within two cycles of those that heard both, and banned by all, for ever.
 * Cycles are counted in the logs of the honest: how fast the machine is does not matter.
 */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { cp, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import { fromHex, toHex } from "../../protocol/base/bytes.ts";
import { publicKeyFromPeerId } from "../../protocol/wire/identity.ts";
import { forkedCopies } from "../support/forked-copies.ts";
import { createLab, DEADLINE_MS, type Lab, type PeerProcess, sourceEnvironment, until } from "../support/process.ts";
import type { ForgetfulAssignment, ForgetfulReport } from "../support/process-forgetful.ts";

const CHILD = fileURLToPath(new URL("../support/process-forgetful.ts", import.meta.url));
const SOURCE = {
  ...parse(TEMPLATES.digits.yaml),
  model: { kind: "softmax" },
  aggregation: { rule: "median", inboxSize: 4, quorum: 1 },
};
const MIN_CYCLE_MS = 400;
/** Cycles of an honest peer in which it may still read either head, once it has read both. */
const GRACE_CYCLES = 2;

describe("a state directory that was copied", () => {
  let lab: Lab;
  let task: string;
  let honest: PeerProcess[];
  let addresses: string[];
  const heads: Head[] = [];

  before(async () => {
    lab = await createLab("fork");
    task = await lab.writeTask("task.yaml", SOURCE);
    const first = start("honest-0", 0, []);
    const address = await first.address();
    const second = start("honest-1", 1, [address]);
    honest = [first, second, start("honest-2", 2, [address, await second.address()])];
    addresses = await Promise.all(honest.map((peer) => peer.address()));
  });
  after(async () => {
    for (const { child } of heads) child.kill("SIGKILL");
    await lab?.close();
  });

  function start(name: string, share: number, bootstrap: readonly string[]): PeerProcess {
    const args = ["--dataset", "digits", "--share", `${share + 1}/4`];
    return lab.startPeer({ name, task, bootstrap, minCycleMs: MIN_CYCLE_MS, args });
  }

  async function parentsOf(peer: PeerProcess, author: string): Promise<[cycle: number, model: string][]> {
    const merges = (await peer.log()).filter(({ type }) => type === "aggregate");
    const key = toHex(publicKeyFromPeerId(author) as Uint8Array);
    return merges.flatMap(({ body }, cycle) =>
      (body.parents as [string, string, ...unknown[]][])
        .filter(([peer, , , , status]) => peer === key && status !== "invalid")
        .map(([, model]): [number, string] => [cycle, model]),
    );
  }

  it("and restored goes on as the next generation of its log, and nobody bans it", async () => {
    let peer = start("mortal", 3, addresses);
    await peer.waitFor("merges", ({ counters }) => counters.merges >= 3);
    await peer.stop();
    await cp(lab.path("mortal"), lab.path("backup"), { recursive: true });
    peer = start("mortal", 3, addresses);
    const { peerId } = await peer.waitFor("more merges", ({ counters }) => counters.merges >= 3);
    await peer.stop();

    const restored = start("backup", 3, addresses);
    const { generation } = await restored.waitFor("merges again", ({ counters }) => counters.merges >= 3);
    assert.ok(generation > 1_000_000, "the minute of the restoration");
    const [genesis, resume] = await restored.log();
    assert.deepEqual([genesis?.type, genesis?.body.generation, resume?.type], ["genesis", generation, "resume"]);
    const [reader] = honest as [PeerProcess];
    const { length } = await parentsOf(reader, peerId);
    await until(
      "its models are merged again",
      async () => (await parentsOf(reader, peerId)).length > length || undefined,
    );
    for (const other of honest) assert.equal((await other.status()).accountability?.banned, 0);
    assert.deepEqual(await restored.stop(), { code: 0, signal: null });
  });

  it("is found out by two exports, too: who verifies them beside a peer has the key banned by it and by all that it can tell", async () => {
    const { task: about } = await (honest[0] as PeerProcess).status();
    const { copies } = await forkedCopies(fromHex(about.id) as Uint8Array, 5);
    const files = ["one.jsonl", "other.jsonl"].map((name) => lab.path(name));
    for (const [i, file] of files.entries()) await writeFile(file, copies[i] ?? "");
    const verify = () => lab.run(["log", "verify", ...files, "--state", lab.path("honest-0"), "--json"]);
    assert.equal(JSON.parse((await verify()).stdout).passed, "told");
    for (const peer of honest) await peer.waitFor("a ban", ({ accountability }) => accountability?.banned === 1);
    assert.equal(JSON.parse((await verify()).stdout).passed, "known");
  });

  it("and run twice at one time, each head beside another neighbour, is found out though one lags far behind", {
    timeout: 4 * DEADLINE_MS,
  }, async (t) => {
    const mother = start("mother-2", 3, []);
    const { peerId } = await mother.waitFor("publications", ({ counters }) => counters.published >= 3);
    await mother.stop();
    for (const name of ["ahead", "behind"]) await cp(lab.path("mother-2"), lab.path(name), { recursive: true });
    const ahead = startHead("ahead", addresses.slice(0, 1), true);
    await until("one is ahead", async () => ahead.models.size >= 12 || undefined);
    const behind = startHead("behind", addresses.slice(1, 2), true);
    for (const peer of honest) {
      await peer.waitFor("a ban", ({ accountability }) => (accountability?.banned ?? 0) === 2);
      await until("it says so", async () => peer.stderr().includes(peerId) || undefined);
    }
    t.diagnostic(`the heads had published ${ahead.models.size} and ${behind.models.size} models`);
    for (const { child } of [ahead, behind]) child.kill("SIGKILL");
  });

  it("and run twice is found out and banned by everybody, also after a restart", {
    timeout: 4 * DEADLINE_MS,
  }, async (t) => {
    const mother = start("mother", 3, []);
    const { peerId } = await mother.waitFor("publications", ({ counters }) => counters.published >= 3);
    await mother.stop();
    for (const name of ["left", "right"]) await cp(lab.path("mother"), lab.path(name), { recursive: true });
    const left = startHead("left", addresses);
    const readers = () => Promise.all(honest.map((peer) => parentsOf(peer, peerId)));
    await until("all have merged models of the first head", async () => {
      assert.equal(left.ended, undefined);
      return (await readers()).every((merged) => merged.length >= 4) || undefined;
    });
    left.child.kill("SIGKILL"); // libp2p knows one connection of a name: of two heads at a time only one would be heard
    const right = startHead("right", addresses);
    for (const peer of honest) {
      await peer.waitFor("a ban", ({ accountability }) => accountability?.banned === 3);
      await until("it says so", async () => peer.stderr().includes(peerId) || undefined);
    }
    for (const peer of honest) {
      const { cycle } = await peer.status();
      await peer.waitFor("more cycles", (status) => status.cycle >= cycle + GRACE_CYCLES + 3);
    }
    const own = (head: Head, other: Head) => [...head.models].filter((model) => !other.models.has(model));
    for (const peer of honest) {
      const merged = await parentsOf(peer, peerId);
      const cyclesOf = (models: string[]) =>
        merged.filter(([, model]) => models.includes(model)).map(([cycle]) => cycle);
      const [ofLeft, ofRight] = [cyclesOf(own(left, right)), cyclesOf(own(right, left))];
      t.diagnostic(`merged of one head in cycles ${ofLeft}, of the other in ${ofRight}`);
      if (ofLeft.length === 0 || ofRight.length === 0) continue; // it believed one head at most
      const overlap = Math.max(Math.min(...ofLeft), Math.min(...ofRight));
      assert.ok(Math.max(...ofLeft, ...ofRight) <= overlap + GRACE_CYCLES);
    }

    const [first] = honest as [PeerProcess];
    await first.stop();
    honest[0] = start("honest-0", 0, addresses.slice(1));
    const again = await honest[0].waitFor("merges after the restart", ({ counters }) => counters.merges >= 4);
    assert.equal(again.accountability?.banned, 3);
    const before = (await parentsOf(honest[0], peerId)).length;
    const { cycle } = again;
    await honest[0].waitFor("cycles without it", (status) => status.cycle >= cycle + 4);
    assert.equal((await parentsOf(honest[0], peerId)).length, before);
    assert.ok(left.models.size > 0 && right.models.size > 0, "both heads did publish");
    for (const peer of honest) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
  });

  interface Head {
    readonly child: ChildProcess;
    readonly models: Set<string>;
    /** The code with which it ended, if it did. */
    ended?: string;
  }

  function startHead(name: string, bootstrap: readonly string[], oneNeighbour = false): Head {
    const child = fork(CHILD, { cwd: lab.directory, execArgv: [], env: sourceEnvironment() });
    const head: Head = { child, models: new Set() };
    child.on("message", (report: ForgetfulReport) => {
      if (report.kind === "published") head.models.add(report.model);
      else head.ended = report.code;
    });
    const assignment: ForgetfulAssignment = {
      stateDir: lab.path(name),
      task: SOURCE,
      data: { dataset: "digits", holdout: 0.2, holdoutBy: "chance", share: "4/4", partition: "iid", seed: 1 },
      bootstrap,
      minCycleMs: MIN_CYCLE_MS,
      oneNeighbour,
    };
    child.send(assignment);
    heads.push(head);
    return head;
  }
});
