/**
 * Five real processes on loopback: they learn from one another, and go on whatever happens to some of them. The cases follow one
 * another in one network, since starting processes is what costs time here.
 */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { loadPeerData } from "../../node/data/share.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import type { DataConfig } from "../../node/settings/table.ts";
import { toHex } from "../../protocol/base/bytes.ts";
import { mean } from "../../protocol/base/figures.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { publicKeyFromPeerId } from "../../protocol/wire/identity.ts";
import { createLab, jsonLines, type Lab, type PeerProcess, sleep, until } from "../support/process.ts";

const PEERS = 5;
const NAMES = ["anna", "ben", "cleo", "dora", "emil"] as const;
const SOURCE = {
  ...parse(TEMPLATES.digits.yaml),
  aggregation: { rule: "guarded-median", inboxSize: PEERS - 1, quorum: 2 },
};
const PARTITION = "dirichlet:0.5";
/** What the best of the five shares gives alone is 0.84, however long it trains. */
const GOOD_ACCURACY = 0.85;
/** Two of five peers are gone: the others' step rate may not fall below this share of what it was. */
const KEPT_RATE = 0.7;
const WINDOW_MS = 4_000;
/** Other load on the machine passes, a peer that waits for the dead does not: the best of this many windows counts. */
const WINDOWS = 4;
/** More than the staleness cut-off of 20: the others' models are older than its own, and must be merged all the same. */
const CYCLES_AHEAD = 25;

describe("five processes on loopback", () => {
  let lab: Lab;
  let task: string;
  let anna: PeerProcess;
  let ben: PeerProcess;
  let cleo: PeerProcess;
  let dora: PeerProcess;
  let emil: PeerProcess;

  before(async () => {
    lab = await createLab("network");
    task = await lab.writeTask("task.yaml", SOURCE);
  });
  after(() => lab?.close());

  function start(index: number, bootstrap: readonly string[]): PeerProcess {
    const args = ["--dataset", "digits", "--share", `${index + 1}/${PEERS}`, "--partition", PARTITION];
    return lab.startPeer({ name: NAMES[index] ?? "", task, bootstrap, args });
  }

  it("find each other through one bootstrap address", async () => {
    anna = start(0, []);
    const bootstrap = [await anna.address()];
    await anna.waitFor("a head start", ({ cycle }) => cycle >= CYCLES_AHEAD);
    ben = start(1, bootstrap);
    cleo = start(2, bootstrap);
    dora = start(3, bootstrap);
    emil = start(4, bootstrap);
    await Promise.all([anna, ben, cleo, dora, emil].map((peer) => neighbours(peer, 4)));
  });

  it("learn from one another: each becomes better than the best of them alone", async () => {
    const reached = await Promise.all(
      [anna, ben, cleo, dora, emil].map((peer) =>
        peer.waitFor(
          `accuracy ${GOOD_ACCURACY} by gossip`,
          ({ holdout, counters }) => counters.merges >= 10 && (holdout?.accuracy ?? 0) >= GOOD_ACCURACY,
        ),
      ),
    );
    const alone = await Promise.all(reached.map(({ age }, i) => accuracyAlone(i, age)));
    const gain = mean(reached.map(({ holdout }) => holdout?.accuracy ?? 0)) - mean(alone);
    assert.ok(gain >= 0.08, `gossip gained ${gain.toFixed(3)} over ${alone.map((value) => value.toFixed(2))}`);
  });

  it("keep their pace and go on merging when one is stopped and one killed", async () => {
    const others = [anna, dora, emil];
    const before = await stepRates(others);
    ben.pause();
    await cleo.kill();
    const merges = await Promise.all(others.map(async (peer) => (await peer.status()).counters.merges));
    const kept: string[] = [];
    const keepsUp = (rates: readonly number[]) => rates.every((rate, i) => rate >= KEPT_RATE * (before[i] as number));
    for (let window = 0, good = false; !good; window++) {
      assert.ok(window < WINDOWS, `cycles a second: ${before} before, then ${kept.join("; ")}`);
      const rates = await stepRates(others);
      kept.push(rates.join());
      good = keepsUp(rates);
    }
    for (const [i, peer] of others.entries())
      await peer.waitFor("more merges", ({ counters }) => counters.merges >= (merges[i] as number) + 5);
  });

  it("have the stopped one back when it continues", async () => {
    ben.resume();
    const { counters } = await ben.status();
    await ben.waitFor("merges", (status) => status.counters.merges >= counters.merges + 5);
  });

  it("have the killed one back, which resumes from its own state and is found by the others", async () => {
    const { code, stdout } = await lab.run(["log", "verify", "--state", cleo.stateDir, "--json"]);
    assert.equal(code, 0, stdout);
    const { age, hash } = await lastTrained(cleo.stateDir);
    cleo = start(2, [await anna.address()]);
    const { age: ageNow } = await cleo.waitFor("merges", ({ counters }) => counters.merges >= 3);
    assert.ok(ageNow >= age, `age ${ageNow} after the restart, ${age} before`);
    const log = await cleo.log();
    const resume = log.find(({ type }) => type === "resume");
    assert.ok(resume !== undefined, "the log has no resume entry");
    assert.ok(
      log.slice(0, resume.seq).some((entry) => entry.hash === hash),
      "the log lost an entry",
    );
    await Promise.all([anna, ben, cleo, dora, emil].map((peer) => neighbours(peer, 4)));
  });

  async function lastTrained(state: string): Promise<{ age: number; hash: string }> {
    const { stdout } = await lab.run(["log", "export", "--state", state]);
    const saved = jsonLines<{ type: string; hash: string; body: { age: number } }>(stdout)
      .filter(({ type }) => type === "aggregate")
      .at(-1);
    assert.ok(saved !== undefined, "the killed peer had merged");
    return { age: saved.body.age, hash: saved.hash };
  }

  it("refuse a peer of another task with both task ids, and take nothing from it", async () => {
    const other = await lab.writeTask("other.yaml", { ...SOURCE, name: "other-digits" });
    const address = await ben.address();
    const stranger = lab.startPeer({
      name: "stranger",
      task: other,
      bootstrap: [address],
      args: ["--dataset", "digits"],
    });
    const here = await ben.waitFor("a refusal", ({ counters }) => counters.refused.ERR_OTHER_TASK !== undefined);
    const there = await stranger.waitFor("a refusal", ({ counters }) => counters.refused.ERR_OTHER_TASK !== undefined);
    for (const [peer, report] of [
      [ben, there],
      [stranger, here],
    ] as const) {
      const line = await until("a line that names the reason", () =>
        jsonLines<{ code?: string; other?: string; msg: string }>(peer.stderr()).find(
          ({ code }) => code === "ERR_OTHER_TASK",
        ),
      );
      assert.equal(line.other, report.peerId);
      assert.ok(line.msg.includes(here.task.id) && line.msg.includes(there.task.id), line.msg);
    }
    await neighbours(stranger, 0);
    await neighbours(ben, 4);
    const { cycle } = await ben.status();
    await ben.waitFor("some cycles more", (status) => status.cycle >= cycle + 5);
    const { counters, neighbours: found } = await stranger.status();
    assert.deepEqual([counters.merges, counters.used, found], [0, 0, 0]);
    const strangerKey = toHex(publicKeyFromPeerId(there.peerId) ?? new Uint8Array());
    const parents = (await ben.log()).flatMap(({ body }) => (body.parents ?? []) as [string][]);
    assert.ok(parents.length > 0);
    assert.ok(!parents.some(([key]) => key === strangerKey), "a model of the other task was merged");
    const { code } = await stranger.stop();
    assert.equal(code, 0);
  });

  it("go on merging when the bootstrap peer is dead", async () => {
    await anna.kill();
    const others = [ben, cleo, dora, emil];
    const statuses = await Promise.all(others.map((peer) => neighbours(peer, 3)));
    for (const [i, peer] of others.entries())
      await peer.waitFor("merges", ({ counters }) => counters.merges >= (statuses[i]?.counters.merges ?? 0) + 5);
  });

  it("are found again by a restarted peer, whose bootstrap address is dead", async () => {
    const dead = await anna.ended.then(() => addressInLog(anna));
    assert.equal((await emil.stop()).code, 0);
    emil = start(4, [dead]);
    await neighbours(emil, 3);
    await emil.waitFor("merges", ({ counters }) => counters.merges >= 3);
  });

  it("end cleanly, with logs that verify", async () => {
    for (const peer of [ben, cleo, dora, emil]) {
      assert.deepEqual(await peer.stop(), { code: 0, signal: null }, peer.stderr());
    }
    const verify = (peer: PeerProcess) => lab.run(["log", "verify", "--state", peer.stateDir, "--json"]);
    for (const { code, stdout } of await Promise.all([ben, cleo, dora, emil].map(verify)))
      assert.equal(code, 0, stdout);
  });
});

function neighbours(peer: PeerProcess, count: number): ReturnType<PeerProcess["waitFor"]> {
  return peer.waitFor(`${count} neighbours`, (status) => status.neighbours === count);
}

/** Cycles per second of each peer over one window. */
async function stepRates(peers: readonly PeerProcess[]): Promise<number[]> {
  const look = (peer: PeerProcess) => peer.status().then(({ cycle }) => ({ cycle, atMs: performance.now() }));
  const from = await Promise.all(peers.map(look));
  await sleep(WINDOW_MS);
  const to = await Promise.all(peers.map(look));
  return to.map(({ cycle, atMs }, i) => {
    const start = from[i] ?? { cycle, atMs: 0 };
    return (1000 * (cycle - start.cycle)) / (atMs - start.atMs);
  });
}

/** Hold-out accuracy of one share by itself, after as many steps as in the network. */
async function accuracyAlone(index: number, steps: number): Promise<number> {
  const task = parseTask(SOURCE);
  const share: DataConfig = {
    dataset: "digits",
    holdout: 0.2,
    holdoutBy: "chance",
    share: `${index + 1}/${PEERS}`,
    partition: PARTITION,
    seed: 1,
  };
  const { train, holdout } = await loadPeerData(share, task);
  const trainer = createDenseTrainer({ task, train, ...(holdout && { holdout }) });
  const { params } = await trainer.fit({ params: initialParams(task.tensors, task.seed), steps, seed: "alone" });
  return (await trainer.evaluate(params, "holdout")).accuracy ?? 0;
}

function addressInLog(peer: PeerProcess): string {
  const started = jsonLines<{ addresses?: string[] }>(peer.stderr()).find(({ addresses }) => addresses !== undefined);
  assert.ok(started?.addresses?.[0] !== undefined);
  return started.addresses[0];
}
