/** The doctor on the state directory of a real peer: while it runs, after it has stopped, and when something of it is damaged. */
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { serveApi } from "../../../node/api/api.ts";
import { apiSource } from "../../../node/commands/peer/up-api.ts";
import { nodeCrypto } from "../../../node/crypto.ts";
import { storeTask } from "../../../node/disk/state-dir.ts";
import { openStore } from "../../../node/disk/store.ts";
import { DOCTOR_CHECKS } from "../../../node/doctor/registry.ts";
import { type Diagnosis, diagnose } from "../../../node/doctor/run.ts";
import { look, type WhereToLook } from "../../../node/doctor/surroundings.ts";
import { noteBackup } from "../../../node/keys/backup-note.ts";
import { startPeer } from "../../../node/start.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { STORE } from "../../../protocol/base/store-layout.ts";
import { keysOf } from "../../../protocol/log/stored/records.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { until } from "../../support/process.ts";

const TASK = blobTask();
const MANIFEST = encodeTask(TASK);

describe("the doctor", () => {
  let root: string;
  let stateDir: string;
  let address: string;

  /** What these checks say of a state directory. */
  async function ask(names: readonly string[], where: Partial<WhereToLook> = {}): Promise<Diagnosis[]> {
    const around = await look({ stateDir, flags: { mdns: false }, environment: {}, ...where });
    return diagnose(
      around,
      DOCTOR_CHECKS.filter(({ name }) => names.includes(name)),
    );
  }

  const inShort = (found: readonly Diagnosis[]) =>
    found.map(({ check, level, what }) => `${check} ${level}: ${what}`).join("\n");

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-doctor-"));
    stateDir = join(root, "peer");
    await storeTask(stateDir, MANIFEST);
  });
  after(() => rm(root, { recursive: true }));

  it("asks a peer that runs, beside whose database it keeps away, and dials it as others would", async () => {
    const running = await startPeer({
      ...{ stateDir, task: TASK, train: blobs(60, 1), engine: "dense", minCycleMs: 20 },
      ...{ listen: ["/ip4/127.0.0.1/tcp/0"], bootstrap: [], mdns: false, maxOutbound: 4 },
    });
    const api = await serveApi(stateDir, apiSource(running, toHex(nodeCrypto.sha256(MANIFEST)), { hasHoldout: false }));
    try {
      await until("it has learned", async () => running.peer.log.head().seq > 5 || undefined);
      address = running.addresses()[0] as string;
      const port = /\/tcp\/\d+/.exec(address)?.[0];
      const flags = { mdns: false, bootstrap: [address, "/ip4/127.0.0.1/tcp/1"], listen: [`/ip4/127.0.0.1${port}`] };
      const told = inShort(await ask(["log", "ports", "addresses", "peers", "mdns"], { flags }));
      assert.match(told, /^log ok: \d+ entries; the peer that runs/m);
      assert.match(told, /^ports ok: .* is taken by the peer that runs$/m);
      assert.match(told, /^addresses ok: a peer sees this machine as 127\.0\.0\.1, which it is/m);
      assert.match(told, /^peers warning: the peer that runs has no neighbour$/m);
      assert.match(told, /^peers ok: 1 of 2 known addresses answer: hearsay\/0\.1\.0/m);
      assert.match(told, /^mdns ok: off/m);
      const answers = await (await look({ stateDir, flags, environment: {} })).neighbours();
      const { clockMs = 0 } = answers.find(({ peer }) => peer !== undefined) ?? {};
      assert.ok(Math.abs(Date.now() - clockMs) < 120_000, "it greets, and tells the minute of its newest announcement");
      assert.doesNotMatch(told, /another version|do not work on this task/);
    } finally {
      await api.close();
      await running.stop();
    }
  });

  it("reads the log of a peer that has stopped to its checkpoint, and says what does not hold", async () => {
    assert.match(inShort(await ask(["log", "engine", "key"])), /log ok: \d+ entries, the end and its checkpoint hold/);
    const copy = join(root, "damaged");
    await storeTask(copy, MANIFEST);
    const { cp } = await import("node:fs/promises");
    await cp(join(stateDir, "db"), join(copy, "db"), { recursive: true });
    const first = await openStore(join(copy, "db"));
    const { checkpoint } = keysOf(0);
    const signed = (await first.get(checkpoint)) as Uint8Array;
    await first.write([{ key: checkpoint, value: signed.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) }]);
    await first.close();
    assert.match(
      inShort(await ask(["log"], { stateDir: copy })),
      /log ok: \d+ entries, the end holds; damaged or lost: the checkpoint; the next start mends that/,
    );
    const store = await openStore(join(copy, "db"));
    const entries = [];
    for await (const [key, value] of store.range(STORE.log))
      if (/entry|\/\d{6,}/.test(key)) entries.push({ key, value });
    const { key, value } = entries.at(-1) as { key: string; value: Uint8Array };
    await store.write([{ key, value: value.map((byte, i) => (i === 70 ? byte ^ 1 : byte)) }]);
    await store.close();
    const [found] = await ask(["log"], { stateDir: copy });
    assert.deepEqual(
      [found?.level, found?.remedy],
      ["failure", "hearsay log repair says what is left, and lets the peer go on"],
    );
  });

  it("key: none of it known elsewhere is a warning until it is backed up, and again after it has changed", async () => {
    const backup = async () => (await ask(["key"])).at(-1);
    assert.match((await backup())?.what as string, /no backup is known/);
    await noteBackup(stateDir);
    assert.equal((await backup())?.what, "backed up today");
    await utimes(join(stateDir, "key"), new Date(), new Date(Date.now() + 60_000));
    assert.match((await backup())?.what as string, /changed after its backup/);
    await chmod(join(stateDir, "key"), 0o644);
    assert.match(inShort(await ask(["key"])), /key warning: other users may read/);
    const bare = join(root, "bare");
    await mkdir(join(bare, "db"), { recursive: true });
    assert.match(inShort(await ask(["key"], { stateDir: bare })), /key failure: there is a log but no/);
    await rm(join(bare, "db"), { recursive: true });
    await writeFile(join(bare, "key"), "x");
    assert.match(inShort(await ask(["key"], { stateDir: bare })), /key failure: .* its log is gone/);
  });

  it("clock: files that are of the future tell that it went back", async () => {
    await utimes(join(stateDir, "task.cbor"), new Date(), new Date(Date.now() + 3_600_000));
    assert.match(inShort(await ask(["clock"])), /clock warning: .*the clock has gone back since/);
  });

  it("disk: syncs small files beside the peer's, and leaves none behind", async () => {
    const { readdir } = await import("node:fs/promises");
    const earlier = await readdir(stateDir);
    assert.match(inShort(await ask(["disk"])), /disk (?:ok|warning): a small file is synced in \d+\.\d ms/);
    assert.deepEqual(await readdir(stateDir), earlier);
  });

  it("engine: takes one step of the task, and says why it cannot", async () => {
    assert.match(inShort(await ask(["engine"])), /engine ok: auto: loaded in \d+ ms, the first step took \d+ ms/);
  });

  it("leaves engine and data to a program of the owner's, where that trains", async () => {
    const told = inShort(await ask(["engine", "data"], { flags: { "trainer.command": "python train.py" } }));
    assert.match(told, /engine ok: a program of yours trains/);
    assert.match(told, /data ok: the program that trains has its own/);
  });

  it("config: every fault is a failure, and the other checks go on under the defaults", async () => {
    await writeFile(join(stateDir, "config.yaml"), "maxOutbound: 0\n");
    const environment = { HEARSAY_MIN_CYCEL_MS: "3" };
    const told = inShort(await ask(["config", "node"], { environment }));
    assert.match(told, /config failure: .*1 fault/);
    assert.match(told, /node ok/);
    await writeFile(join(stateDir, "config.yaml"), "maxOutbound: 4\n");
    assert.match(
      inShort(await ask(["config"], { environment })),
      /config warning: no setting reads HEARSAY_MIN_CYCEL_MS/,
    );
  });

  it("ports: one that another program has is a failure with a remedy", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const [found] = await ask(["ports"], { flags: { listen: [`/ip4/127.0.0.1/tcp/${port}`] } });
    server.close();
    assert.equal(found?.level, "failure");
    assert.match(`${found?.what} ${found?.remedy}`, /EADDRINUSE another program has the port/);
  });

  it("data: the preflight's findings are the doctor's, and no data are a warning", async () => {
    assert.match(inShort(await ask(["data"])), /data warning: no data are named/);
    const path = join(root, "t.csv");
    const rows = Array.from({ length: 40 }, (_, i) => [
      ...[1, 2, 3, 4, 5].map((k) => (i * k) % 7),
      900 + (i % 3),
      "abc"[i % 3],
    ]);
    await writeFile(path, `a,b,c,d,e,f,label\n${rows.map((row) => row.join()).join("\n")}\n`);
    const flags = { "data.path": path };
    const told = inShort(await ask(["data"], { flags }));
    assert.match(told, /data ok: 32 rows to train on, 8 held out/);
    assert.match(told, /data warning: .*"#6" is about 900\.975.*other units/);
    const strict = await ask(["data"], { flags: { ...flags, "data.strict": true } });
    assert.ok(strict.some(({ level }) => level === "failure"));
  });
});
