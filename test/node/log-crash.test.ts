/**
 * A peer is killed while it appends. SIGKILL takes the process, not the machine: this shows that nothing is acknowledged before
 * the write call returned, and that a batch is whole; that the disk keeps what was synced is the disk's promise.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore } from "../../node/store.ts";
import { toHex } from "../../protocol/bytes.ts";
import { createRng } from "../../protocol/rng.ts";
import { collect, identity, open } from "../protocol/log/support.ts";

const CHILD = fileURLToPath(new URL("log-crash-child.ts", import.meta.url));
const KILLS = 6;

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-crash-"));
});
after(() => rm(root, { recursive: true }));

/** Runs the child until it has acknowledged `count` entries, kills it, and gives all that it acknowledged. */
async function runAndKill(directory: string, count: number): Promise<Map<number, string>> {
  const child = spawn(process.execPath, [CHILD, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged = new Map<number, string>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [seq, id] = line.split(" ");
    if (id?.length === 64) acknowledged.set(Number(seq), id);
    if (acknowledged.size === count) child.kill("SIGKILL");
  }
  return acknowledged;
}

describe("a peer that is killed while it appends", () => {
  it("loses no acknowledged entry, and its log verifies each time", async () => {
    const directory = join(root, "log");
    const rng = createRng("kills");
    const acknowledged = new Map<number, string>();
    for (let kill = 0; kill < KILLS; kill++) {
      const count = 1 + rng.below(40);
      const run = await runAndKill(directory, count);
      assert.ok(run.size >= count, "the child died on its own");
      for (const [seq, id] of run) {
        assert.ok(!acknowledged.has(seq), `entry ${seq} was acknowledged twice`);
        acknowledged.set(seq, id);
      }
      const store = await openStore(directory);
      const log = await open({ store, identity: identity(1) });
      const entries = await collect(log.entries());
      for (const [seq, id] of acknowledged) {
        const stored = entries[seq];
        assert.ok(stored !== undefined, `entry ${seq} was acknowledged and is lost`);
        assert.equal(toHex(stored.id), id);
      }
      const last = entries.at(-1);
      assert.ok(last?.type === "resume", "half a batch is on disk");
      assert.deepEqual(await store.get("state"), last.body.params);
      await store.close();
    }
  });
});
