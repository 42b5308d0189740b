/**
 * A disk that fills up, or turns read-only, at any moment: the peer ends with status 1 and says what to do, and loses nothing that it
 * told anybody. HEARSAY_TEST_MOMENTS=200 tries more moments.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse, stringify } from "yaml";
import { nodeCrypto } from "../../node/crypto.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { openStore } from "../../node/disk/store.ts";
import { createRng } from "../../protocol/base/rng.ts";
import { readEntry } from "../../protocol/log/entry/entry.ts";
import { keysOf } from "../../protocol/log/stored/records.ts";
import { verifyStoredLog } from "../../protocol/log/stored/stored.ts";
import { type BadDisk, type DiskFault, mountBadDisk } from "../support/bad-disk.ts";
import { createLab, DEADLINE_MS, jsonLines, type Lab, type PeerProcess, sleep, timeout } from "../support/process.ts";

const SOURCE = {
  ...parse(TEMPLATES.digits.yaml),
  aggregation: { rule: "median", inboxSize: 2, quorum: 1 },
};
const DIGITS = join(import.meta.dirname, "../../node/data/sets/digits.csv.gz");
const MOMENTS = Number(process.env.HEARSAY_TEST_MOMENTS ?? 5);
const MIN_CYCLE_MS = 40;
const DISK_MEGABYTES = 24;
/** Longest time from the start, and from the first merge, to the fault. */
const STARTING_MS = 2_000;
const LEARNING_MS = 400;
/** It gives itself nine seconds and a last word; the rest is for a machine that is busy. */
const END_WITHIN_MS = 20_000;
/**
 * How long the neighbour lives should the test be killed. It runs through: one that was started again would be silent until somebody knows its
 * newest entries, and the only other peer has just been ended.
 */
const NEIGHBOUR_SECONDS = 300 + 60 * MOMENTS;
const SENTENCE: Record<DiskFault, RegExp> = {
  full: /^error: there is no space left on the disk \(.*\): free some, then start again; nothing that was acknowledged is lost \[ERR_STATE\]$/m,
  "read-only":
    /^error: the disk is read-only \(.*\): mount it for writing, then start again; nothing that was acknowledged is lost \[ERR_STATE\]$/m,
};

interface Acknowledged {
  readonly generation: number;
  readonly size: number;
  readonly id: string;
}

describe("a disk that takes nothing any more", () => {
  let lab: Lab;
  let task: string;
  /** On a disk that is well. */
  let steady: PeerProcess;

  before(async () => {
    lab = await createLab("bad-disk");
    task = await lab.writeTask("task.yaml", SOURCE);
    steady = start("steady", "1/2", [], "--seconds", String(NEIGHBOUR_SECONDS));
    await steady.address();
  });
  after(() => lab?.close());

  function start(name: string, share: string, bootstrap: readonly string[], ...more: string[]): PeerProcess {
    const args = ["--dataset", "digits", "--share", share, ...more];
    return lab.startPeer({ name, task, bootstrap, minCycleMs: MIN_CYCLE_MS, args });
  }

  for (const fault of ["full", "read-only"] as const) {
    it(`(${fault}) ends the peer at any moment with status 1 and the same sentence, and nothing acknowledged is lost`, async (t) => {
      const disk = mountBadDisk(lab.directory, fault, DISK_MEGABYTES);
      if (disk === undefined) return t.skip("this user may not mount a small disk");
      try {
        const rng = createRng(`disk/${fault}`);
        let slowestMs = 0;
        let known: Acknowledged | undefined;
        for (let i = 0; i < MOMENTS; i++) {
          const peer = start(join(fault, "state"), "2/2", [await steady.address()]);
          try {
            const { acknowledged, tookMs } = await failAt(peer, disk, rng, fault);
            known = acknowledged ?? known;
            slowestMs = Math.max(slowestMs, tookMs);
          } catch (error) {
            throw new Error(`moment ${i}: ${(error as Error).message}\n${peer.stderr()}`, { cause: error });
          } finally {
            await peer.kill();
            disk.mend();
          }
          if (known !== undefined) await verify(join(disk.path, "state", "db"), known);
        }
        t.diagnostic(
          `${MOMENTS} moments, at most ${Math.round(slowestMs)} ms to the end; ${known?.size} entries acknowledged, generation ${known?.generation}`,
        );
      } finally {
        disk.close();
      }
    });
  }

  it("(full) fails commands that write to it, with the option and the path in one sentence, and no file is left that looks whole", async (t) => {
    const disk = mountBadDisk(lab.path("."), "full", 2);
    if (disk === undefined) return t.skip("this user may not mount a small disk");
    try {
      const state = ["--state", lab.path("steady")];
      const scenario = await lab.write(
        "scenario.yaml",
        stringify({ name: "disk", data: { set: "digits" }, peers: 3, cycles: 1 }),
      );
      const at = (name: string) => join(disk.path, name);
      disk.fail();
      for (const command of [
        ["init", "--template", "digits", "--output", at("task.yaml")],
        ["export", ...state, "--output", at("model.safetensors")],
        ["log", "export", ...state, "--output", at("log.car")],
        ["predict", ...state, "--data", DIGITS, "--output", at("answers.csv")],
        ["sim", "run", scenario, "--out", at("run")],
        ["sim", "sweep", scenario, "--seeds", "1,2", "--out", at("sweep")],
      ]) {
        const { code, stderr } = await lab.run(command);
        const told =
          / cannot be written: there is no space left on the disk; free some, or name a path on another disk \[ERR_STATE\]$/m;
        assert.match(stderr, told, command.join(" "));
        assert.match(stderr, new RegExp(`^error: ${command.at(-2)} ${disk.path}`, "m"));
        assert.equal(code, 1, command.join(" "));
      }
      disk.mend();
      const left = readdirSync(disk.path, { recursive: true, withFileTypes: true }).filter(
        (entry) => !entry.isDirectory(),
      );
      assert.deepEqual(left, []);
    } finally {
      disk.close();
    }
  });

  async function failAt(peer: PeerProcess, disk: BadDisk, rng: ReturnType<typeof createRng>, fault: DiskFault) {
    let acknowledged: Acknowledged | undefined;
    if (rng.below(3) === 0) await sleep(rng.below(STARTING_MS));
    else {
      await peer.waitFor("a merge", ({ counters }) => counters.merges > 0);
      await sleep(rng.below(LEARNING_MS));
      const { generation, logSize, head } = await peer.status();
      acknowledged = { generation, size: logSize, id: head.id };
    }
    disk.fail(rng.below(16) * 4096);
    const ended = await Promise.race([peer.ended, timeout(DEADLINE_MS)]);
    const endedMs = Date.now();
    assert.deepEqual(ended, { code: 1, signal: null }, "it ends by itself");
    const failed = jsonLines<{ msg: string; time: number }>(peer.stderr()).find(({ msg }) =>
      msg.startsWith("stopping"),
    );
    const tookMs = failed === undefined ? 0 : endedMs - failed.time; // none where it failed before it learned
    assert.ok(tookMs < END_WITHIN_MS, `${tookMs} ms from the write that failed to the end`);
    assert.match(peer.stderr(), SENTENCE[fault]);
    assert.equal(peer.stderr().match(/^error:/gm)?.length, 1);
    assert.doesNotMatch(peer.stderr(), /open the store again|^ +at /m);
    return { acknowledged, tookMs };
  }

  /** Opening it again takes the lock, too. */
  async function verify(database: string, { generation, size, id }: Acknowledged): Promise<void> {
    const store = await openStore(database);
    try {
      const { ok, firstBad } = await verifyStoredLog(store, { crypto: nodeCrypto });
      assert.ok(ok, firstBad?.message);
      // On a machine that is busy a start may find nobody who knows its last entries, and begin another generation.
      const { entries } = await verifyStoredLog(store, { crypto: nodeCrypto, generation });
      assert.ok(entries >= size, `${entries} entries, ${size} were acknowledged`);
      const signed = await store.get(keysOf(generation).entry(size - 1));
      assert.equal(Buffer.from(readEntry(signed ?? assert.fail(), nodeCrypto).id).toString("hex"), id);
    } finally {
      await store.close();
    }
  }
});
