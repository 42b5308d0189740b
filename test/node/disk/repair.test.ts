/** What happens to disks: damaged files, a full one, two processes. Nothing that was acknowledged is contradicted afterwards. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { nodeCrypto } from "../../../node/crypto.ts";
import { type Repair, repairDatabase } from "../../../node/disk/repair.ts";
import { openStore } from "../../../node/disk/store.ts";
import { openStoreToRead } from "../../../node/disk/store-copy.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import type { Store } from "../../../protocol/base/seams.ts";
import type { Draft } from "../../../protocol/log/stored/chain.ts";
import { storedEntries } from "../../../protocol/log/stored/reading.ts";
import { keysOf } from "../../../protocol/log/stored/records.ts";
import { verifyStoredLog } from "../../../protocol/log/stored/stored.ts";
import { collect, open } from "../../protocol/log/support.ts";
import { createLab } from "../../support/process.ts";

const CHILD = fileURLToPath(new URL("log-crash-child.ts", import.meta.url));
const ENTRIES = 150;
const RESUME: Draft = { type: "resume", body: { params: new Uint8Array(32), age: 0 } };

let root: string;
/** A database with a log that is whole. */
let whole: string;
let entries: Uint8Array[];

before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-repair-"));
  whole = join(root, "whole");
  const store = await openStore(whole);
  const log = await open({ store });
  while (log.head().size < ENTRIES) await log.append([RESUME]);
  entries = await collect(storedEntries(store));
  await store.close();
});
after(() => rm(root, { recursive: true }));

let copies = 0;
async function damaged(change: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(root, `copy-${copies++}`);
  await cp(whole, directory, { recursive: true });
  await change(directory);
  return directory;
}

async function fileIn(directory: string, kind: RegExp): Promise<string> {
  const name = (await readdir(directory)).find((each) => kind.test(each));
  return join(directory, name ?? assert.fail(`no ${kind}`));
}

/** Changes records as if nobody had counted. */
function records(change: (store: Store) => Promise<void>): (directory: string) => Promise<void> {
  return async (directory) => {
    const store = await openStore(directory);
    await change(store);
    await store.close();
  };
}

/** What a start says: the generation that the peer goes on with, or the code of the error. */
async function start(directory: string): Promise<number | string> {
  try {
    const store = await openStore(directory);
    try {
      const log = await open({ store });
      await log.append([RESUME]);
      return log.generation;
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return error.code;
  }
}

/** Where a repair at the time 0 puts what is lost. */
const LOST = "lost/1970-01-01T00:00:00.000Z/";

/** Repairs; what is left of the old log is a beginning of it, the new one holds, and a second repair finds nothing. */
async function repaired(directory: string): Promise<Repair> {
  const repair = await repairDatabase(directory, 0);
  const store = await openStore(directory);
  const left = await collect(storedEntries(store, 0));
  assert.deepEqual(left.slice(0, ENTRIES), entries.slice(0, left.length));
  await store.close();
  assert.equal(await start(directory), repair.next ?? 0);
  const again = await repairDatabase(directory, 60_000);
  assert.deepEqual([again.next, again.lost, again.files, again.lostWrites], [undefined, undefined, false, 0]);
  return repair;
}

describe("a damaged database", () => {
  it("whose write-ahead log was cut or changed says that writes are lost, and the peer goes on in a new log", async () => {
    const cut = async (directory: string) => {
      const file = await fileIn(directory, /\.log$/);
      await truncate(file, (await stat(file)).size - 500);
    };
    const flip = async (directory: string) => {
      const file = await fileIn(directory, /\.log$/);
      const bytes = await readFile(file);
      bytes[bytes.length - 5000] = 0xff ^ (bytes.at(-5000) as number);
      await writeFile(file, bytes);
    };
    const remove = async (directory: string) => rm(await fileIn(directory, /\.log$/));
    for (const change of [cut, flip, remove]) {
      const directory = await damaged(change);
      await assert.rejects(openStore(directory), (error) => {
        assert.ok(isHearsayError(error, "ERR_STATE"));
        assert.match(error.message, /lost what was written last.*hearsay log repair/);
        return true;
      });
      const { next, lostWrites } = await repaired(directory);
      assert.equal(next, 1);
      assert.ok(lostWrites > 0);
    }
  });

  it("whose other files were cut, changed or removed is repaired without loss", async () => {
    const cut = async (file: string) => truncate(file, 10);
    const flip = async (file: string) =>
      writeFile(
        file,
        (await readFile(file)).map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
      );
    for (const kind of [/^MANIFEST/, /^CURRENT$/])
      for (const change of [cut, flip, rm]) {
        const directory = await damaged(async (each) => change(await fileIn(each, kind)));
        const before = await start(directory);
        assert.ok(before === 0 || before === "ERR_STATE", String(before));
        const { next } = await repaired(directory);
        assert.equal(next, undefined);
      }
  });

  it("with an entry lost or changed keeps those before it, moves the others aside, and goes on in a new log", async () => {
    const keys = keysOf(0);
    const value = (entries[100] as Uint8Array).with(70, 1);
    for (const change of [{ key: keys.entry(100) }, { key: keys.entry(100), value }]) {
      const directory = await damaged(records((store) => store.write([change])));
      assert.equal(await start(directory), "ERR_LOG_CHAIN");
      const { next, generations, lost } = await repaired(directory);
      assert.deepEqual([next, lost, generations[0]?.entries], [1, LOST, 100]);
      const store = await openStore(directory);
      const moved = new Map(await collect(store.range(LOST)));
      assert.deepEqual(moved.get(LOST + keys.entry(149)), entries[149]);
      const genesis = (await collect((await open({ store })).entries()))[0];
      assert.ok(genesis?.type === "genesis");
      assert.deepEqual(genesis.body.after, nodeCrypto.sha256((entries[99] as Uint8Array).subarray(64)));
      assert.ok((await verifyStoredLog(store, { crypto: nodeCrypto })).ok);
      await store.close();
    }
  });

  it("with a head that was changed or lost goes on in a new log, since nobody can tell what it said", async () => {
    const { head } = keysOf(0);
    for (const change of [{ key: head }, { key: head, value: new Uint8Array(40) }]) {
      const directory = await damaged(records((store) => store.write([change])));
      assert.equal(await start(directory), "ERR_LOG_CHAIN");
      const { next, generations } = await repaired(directory);
      assert.deepEqual([next, generations[0]?.entries], [1, ENTRIES]);
    }
  });

  it("with tiles or a checkpoint damaged loses nothing", async () => {
    const keys = keysOf(0);
    const changes = [
      { key: keys.tile(0, 1), value: new Uint8Array(4064) },
      { key: keys.checkpoint, value: new Uint8Array(9) },
    ];
    for (const change of changes) {
      const directory = await damaged(records((store) => store.write([change])));
      const { next, generations } = await repaired(directory);
      assert.deepEqual([next, generations[0]?.entries], [undefined, ENTRIES]);
    }
  });

  it("that is not damaged is left as it is", async () => {
    const directory = await damaged(async () => {});
    const repair = await repaired(directory);
    assert.deepEqual(repair, {
      files: false,
      lostWrites: 0,
      generations: [{ generation: 0, entries: ENTRIES, moved: 0 }],
    });
  });
});

describe("a full disk", () => {
  it("stops the peer with a clear message, loses nothing acknowledged, and the log can still be read", async (t) => {
    const disk = join(root, "disk");
    await mkdir(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      return t.skip("this user may not mount a small disk");
    }
    try {
      const directory = join(disk, "db");
      const store = await openStore(directory);
      const log = await open({ store });
      const state = new Uint8Array(20_000).map((_, i) => (i * 2_654_435_761) >>> 24);
      const filling = async () => {
        for (;;) await log.append([RESUME], [{ key: "model", value: state }]);
      };
      await assert.rejects(filling(), (error) => {
        assert.ok(isHearsayError(error, "ERR_LOG_CLOSED"));
        assert.match(
          String((error.cause as Error).message),
          /no space left on the disk.*nothing that was acknowledged is lost/,
        );
        return true;
      });
      const { size, id } = log.head();
      assert.ok(size > 10);
      await assert.rejects(
        store.write([{ key: "small" }]),
        { code: "ERR_STATE" },
        "nothing is written behind a torn record",
      );
      await store.close();
      await assert.rejects(openStore(directory), { code: "ERR_STATE", message: /no space left on the disk/ });
      const reading = await openStoreToRead(directory);
      const verification = await verifyStoredLog(reading, { crypto: nodeCrypto });
      await reading.close();
      assert.deepEqual([verification.ok, verification.entries, verification.head?.id], [true, size, id]);
      execFileSync("mount", ["-o", "remount,size=8m", disk]);
      assert.equal(await start(directory), 0);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

describe("hearsay log repair", () => {
  it("says what is left and what comes next; on a database that holds, that the peer can go on", async () => {
    const lab = await createLab("repair");
    try {
      const repair = async (...args: string[]) => {
        const { code, stdout, stderr } = await lab.run(["log", "repair", "--state", lab.path("state"), ...args]);
        assert.equal(code, 0, stderr);
        return stdout;
      };
      assert.match((await lab.run(["log", "repair", "--state", lab.path("state")])).stderr, /has no log.*ERR_STATE/);
      const change = records((store) => store.write([{ key: keysOf(0).entry(100) }]));
      await cp(await damaged(change), lab.path("state/db"), { recursive: true });
      const { next, generations } = JSON.parse(await repair("--json")) as Repair;
      assert.deepEqual([generations[0]?.entries, generations[0]?.fault?.reason], [100, "missing"]);
      assert.ok((next ?? 0) > 1_000_000, `generation ${next}`);
      assert.match(await repair(), /The log holds: 100 entries\.\nThe peer can go on\./);
    } finally {
      await lab.close();
    }
  });
});

describe("a second process", () => {
  it("on the same state directory is refused while the first one learns", async () => {
    const directory = join(root, "shared");
    const first = spawn(process.execPath, [CHILD], { stdio: ["pipe", "pipe", "inherit"] });
    try {
      await once(first.stdout, "data");
      first.stdin.write(`${directory}\n`);
      await once(first.stdout, "data");
      await assert.rejects(openStore(directory), { code: "ERR_STATE", message: /another process uses this directory/ });
      await assert.rejects(repairDatabase(directory, 0), { code: "ERR_STATE", message: /another process/ });
    } finally {
      first.kill("SIGKILL");
      await once(first, "close");
    }
    assert.equal(typeof (await start(directory)), "string", "the log is another key's");
  });
});
