/**
 * A peer is killed while it learns, 200 times. SIGKILL takes the process, not the machine: this shows that nothing is acknowledged before
 * the write call returned, that a batch is whole, and that a life goes on exactly where the one before was on disk; that the disk keeps
 * what was synced is the disk's promise.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { nodeCrypto } from "../../../node/crypto.ts";
import { openStore } from "../../../node/disk/store.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { createRng, type Rng } from "../../../protocol/base/rng.ts";
import { readEntry } from "../../../protocol/log/entry/entry.ts";
import { storedEntries } from "../../../protocol/log/stored/reading.ts";
import { verifyStoredLog } from "../../../protocol/log/stored/stored.ts";
import { collect, identity } from "../../protocol/log/support.ts";
import { bundledProgram } from "../../support/bundled-cli.ts";
import { sourceEnvironment } from "../../support/process.ts";

const CHILD = fileURLToPath(new URL("log-crash-child.ts", import.meta.url));
/** Logs, and lives of a peer on each: a long log takes long to open. */
const LOGS = 10;
const LIVES = 20;
const [SHORTEST_MS, LONGEST_MS] = [10, 150];

let root: string;
/** In one file: the sources would take most of the time of its 200 starts. */
let program: Awaited<ReturnType<typeof bundledProgram>>;
const children = new Set<ChildProcess>();
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-crash-"));
  program = await bundledProgram(CHILD);
});
after(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(root, { recursive: true });
  await program?.remove();
});

interface Loaded {
  readonly child: ChildProcess;
  /** Complete lines so far. */
  lines(): string[];
  /** When it has printed so many lines, or ended. */
  printed(count: number): Promise<void>;
}

/** A peer that is loaded, or about to be, and waits for its database. */
function load(): Loaded {
  const child = spawn(process.execPath, [program.path], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...sourceEnvironment(), NODE_COMPILE_CACHE: undefined }, // it lies at another place each time
  });
  children.add(child);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const closed = once(child, "close").then(() => children.delete(child));
  const lines = () => output.split("\n").slice(0, -1);
  return {
    child,
    lines,
    async printed(count) {
      while (lines().length < count) {
        if (!children.has(child)) return;
        await Promise.race([once(child.stdout, "data"), closed]);
      }
    },
  };
}

interface Head {
  readonly generation: number;
  readonly seq: number;
  readonly id: string;
}

/** Runs a peer for a random time after it has its database, or after its first word, and kills it; all that it acknowledged. */
async function liveAndDie(directory: string, { child, lines, printed }: Loaded, rng: Rng): Promise<Head[]> {
  await printed(1);
  child.stdin?.write(`${directory}\n`);
  if (rng.below(4) > 0) await printed(2);
  await sleep(SHORTEST_MS + rng.below(LONGEST_MS - SHORTEST_MS));
  assert.equal(child.exitCode, null, "the peer died on its own");
  child.kill("SIGKILL");
  await printed(Number.POSITIVE_INFINITY);
  const heads = lines().slice(1);
  return heads.map((line) => {
    const [generation = "", seq = "", id = ""] = line.split(" ");
    return { generation: Number(generation), seq: Number(seq), id };
  });
}

describe("a peer that is killed while it learns", () => {
  it(`${LOGS * LIVES} times, loses no acknowledged entry and never contradicts itself`, async (t) => {
    const rng = createRng("kills");
    const waiting = [load(), load(), load()];
    let acknowledged = 0;
    for (let log = 0; log < LOGS; log++) {
      const directory = join(root, `log-${log}`);
      const heads: Head[] = [];
      for (let life = 0; life < LIVES; life++) {
        waiting.push(load());
        const run = await liveAndDie(directory, waiting.shift() as Loaded, rng);
        const [last, first] = [heads.at(-1), run[0]];
        if (last !== undefined && first !== undefined)
          assert.ok(first.seq >= last.seq, "a life began before the end of the one before");
        heads.push(...run);
      }
      const store = await openStore(directory);
      const { ok, firstBad } = await verifyStoredLog(store, { crypto: nodeCrypto, peer: identity(1).peerId });
      assert.ok(ok, firstBad?.message);
      const entries = (await collect(storedEntries(store))).map((signed) => readEntry(signed, nodeCrypto));
      for (const { generation, seq, id } of heads) {
        assert.equal(generation, 0);
        assert.equal(
          entries[seq] && toHex(entries[seq].id),
          id,
          `entry ${seq} was acknowledged and is lost, or is another`,
        );
      }
      for (const { type, seq } of entries)
        if (type === "train") assert.equal(entries[seq + 1]?.type, "publish", "half a batch");
      await store.close();
      acknowledged += heads.length;
    }
    t.diagnostic(`${acknowledged} acknowledged heads`);
    assert.ok(acknowledged > LOGS, "the peers hardly wrote anything"); // how much they write before they die is up to the machine
  });
});
