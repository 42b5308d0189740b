/** The next key takes over a state directory, whatever interrupts it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { openStore } from "../../../node/disk/store.ts";
import { type LoadedKey, loadIdentity, loadOrCreateIdentity } from "../../../node/keys/keys.ts";
import { endLog, openOwnLog, withDatabase } from "../../../node/keys/own-log.ts";
import { passphraseFrom } from "../../../node/keys/passphrase.ts";
import { finishRotation, type Rotated, rotateKey, settleRotation } from "../../../node/keys/rotation.ts";
import { equalBytes } from "../../../protocol/base/bytes.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { Statement } from "../../../protocol/log/entry/bodies.ts";
import type { Entry } from "../../../protocol/log/entry/entry.ts";
import { decodeEvidence, verifyEvidence } from "../../../protocol/log/entry/evidence.ts";
import { verifyStoredLog } from "../../../protocol/log/stored/stored.ts";
import { collect, sampleDrafts, TASK } from "../../protocol/log/support.ts";

const ask = passphraseFrom({});
const MODEL = new Uint8Array([1, 2, 3, 4]);

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-rotation-"));
});
after(() => rm(root, { recursive: true }));

/** A state directory with a key, a log of 20 entries, and a model. */
async function used(name: string): Promise<{ stateDir: string; old: LoadedKey }> {
  const stateDir = join(root, name);
  const store = await openStore(join(stateDir, "db"));
  const old = await loadOrCreateIdentity(join(stateDir, "key"));
  const log = await openOwnLog(store, old.identity, TASK);
  await log.append(sampleDrafts(createRng(name), 19), [{ key: "model/params", value: MODEL }]);
  await store.close();
  return { stateDir, old };
}

function rotate(stateDir: string, old: LoadedKey): Promise<Rotated> {
  return rotateKey({ stateDir, taskId: TASK, old, ask });
}

async function entriesOf(directory: string, key: LoadedKey): Promise<Entry[]> {
  const store = await openStore(join(directory, "db"));
  try {
    const verified = await verifyStoredLog(store, { crypto: nodeCrypto, peer: key.identity.peerId, task: TASK });
    assert.ok(verified.ok, JSON.stringify(verified.firstBad));
    return await collect((await openOwnLog(store, key.identity, TASK)).entries());
  } finally {
    await store.close();
  }
}

/** All that must hold once a rotation is through, interrupted or not. */
async function isThrough(stateDir: string, old: LoadedKey): Promise<LoadedKey> {
  const next = await loadIdentity(join(stateDir, "key"), ask);
  assert.notEqual(next.identity.peerId, old.identity.peerId);
  assert.deepEqual((await readdir(stateDir)).sort(), ["db", "former", "key"]);
  const former = join(stateDir, "former", old.identity.peerId);
  assert.deepEqual((await readdir(former)).sort(), ["db", "key"]);

  const [end] = (await entriesOf(former, old)).slice(-1) as [Entry & Statement<"end">];
  assert.equal(end.type, "end");
  assert.ok(equalBytes(end.body.next as Uint8Array, next.identity.publicKey));
  const [genesis] = (await entriesOf(stateDir, next)) as [Entry & Statement<"genesis">];
  assert.deepEqual(genesis.body.after, end.id);
  assert.equal(genesis.body.generation, undefined);
  await withDatabase(stateDir, async (store) => {
    assert.deepEqual(await store.get("model/params"), MODEL);
    const evidence = decodeEvidence((await store.get(`evidence/${old.identity.peerId}`)) as Uint8Array);
    const conviction = verifyEvidence(evidence, nodeCrypto);
    assert.equal(conviction?.peer, old.identity.peerId);
    assert.match(conviction?.reason ?? "", new RegExp(`replaced by that of ${next.identity.peerId}`));
  });
  return next;
}

describe("a rotation", () => {
  it("ends the old log by an entry that both keys signed, and goes on with the model under the new key", async () => {
    const { stateDir, old } = await used("plain");
    const { next } = await rotate(stateDir, old);
    assert.equal((await isThrough(stateDir, old)).identity.peerId, next.identity.peerId);
    assert.equal((await entriesOf(join(stateDir, "former", old.identity.peerId), old)).length, 21);
  });

  it("may be repeated, and every key is kept", async () => {
    const { stateDir, old } = await used("twice");
    const { next } = await rotate(stateDir, old);
    await rotate(stateDir, next);
    assert.deepEqual(
      new Set(await readdir(join(stateDir, "former"))),
      new Set([old.identity.peerId, next.identity.peerId]),
    );
  });

  it("is refused where it would overwrite what it keeps", async () => {
    const { stateDir, old } = await used("again");
    await mkdir(join(stateDir, "former", old.identity.peerId), { recursive: true });
    await assert.rejects(rotate(stateDir, old), /former.*is there already/);
    assert.equal((await entriesOf(stateDir, old)).length, 20);
  });

  it("is refused where there is no log", async () => {
    const { stateDir, old } = await used("no-log");
    await rm(join(stateDir, "db"), { recursive: true });
    await assert.rejects(rotate(stateDir, old), /no peer ever ran/);
  });

  it("is refused while a peer runs, and changes nothing", async () => {
    const { stateDir, old } = await used("running");
    const store = await openStore(join(stateDir, "db"));
    await assert.rejects(rotate(stateDir, old), /a peer runs on .*stop it first/);
    await store.close();
    await settleRotation(stateDir); // the peer may start again
    assert.deepEqual((await readdir(stateDir)).sort(), ["db", "key"]);
    assert.equal((await entriesOf(stateDir, old)).length, 20);
  });

  it("does not take back another successor", async () => {
    const { stateDir, old } = await used("stolen");
    await cp(stateDir, join(root, "thief"), { recursive: true });
    const { next } = await rotate(join(root, "thief"), old);
    await cp(join(root, "thief", "former", old.identity.peerId, "db"), join(stateDir, "db"), {
      recursive: true,
      force: true,
    });
    await assert.rejects(rotate(stateDir, old), new RegExp(`replaced by that of ${next.identity.peerId} already`));
  });

  it("after a revocation begins anew, and claims no past", async () => {
    const { stateDir, old } = await used("revoked");
    const { end } = await withDatabase(stateDir, (store) => endLog(store, old.identity, TASK));
    assert.equal(end.body.next, null);
    const { next } = await rotate(stateDir, old);
    const [genesis] = (await entriesOf(stateDir, next)) as [Entry & Statement<"genesis">];
    assert.equal(genesis.body.after, undefined);
  });
});

describe("an interrupted rotation", () => {
  it("before the log ended goes on with the same next key", async () => {
    const { stateDir, old } = await used("key-only");
    const planned = await loadOrCreateIdentity(join(stateDir, "next", "key"));
    await assert.rejects(settleRotation(stateDir), /interrupted.*key rotate/);
    await rotate(stateDir, old);
    assert.equal((await isThrough(stateDir, old)).identity.peerId, planned.identity.peerId);
  });

  it("after the log ended goes on with the key that it names, once", async () => {
    const { stateDir, old } = await used("ended");
    const planned = await loadOrCreateIdentity(join(stateDir, "next", "key"));
    await withDatabase(stateDir, (store) => endLog(store, old.identity, TASK, planned.identity));
    await mkdir(join(stateDir, "next", "db"));
    await writeFile(join(stateDir, "next", "db", "000001.log"), "half a database");
    await rotate(stateDir, old);
    assert.equal((await isThrough(stateDir, old)).identity.peerId, planned.identity.peerId);
    assert.equal((await entriesOf(join(stateDir, "former", old.identity.peerId), old)).length, 21);
  });

  for (const [when, moved] of [
    ["before anything was moved", []],
    ["when the old database had gone", ["old db"]],
    ["when the new database had come", ["old db", "new db"]],
    ["when the old key had gone", ["old db", "new db", "old key"]],
    ["when all was there", ["old db", "new db", "old key", "new key"]],
  ] as const) {
    it(`${when} is finished by whoever comes next`, async () => {
      const { stateDir, old } = await used(`moved-${moved.length}`);
      await rotate(stateDir, old);
      await undo(stateDir, old, moved);
      assert.ok(existsSync(join(stateDir, "next.ready")));
      await settleRotation(stateDir);
      await isThrough(stateDir, old);
      assert.equal(await finishRotation(stateDir), false);
    });
  }
});

/** Moves everything back to where it was in the middle of finishing, but for what is named. */
async function undo(stateDir: string, old: LoadedKey, moved: readonly string[]): Promise<void> {
  const [ready, former] = [join(stateDir, "next.ready"), join(stateDir, "former", old.identity.peerId)];
  await mkdir(ready);
  await writeFile(join(ready, "former"), old.identity.peerId);
  for (const name of ["key", "db"]) {
    if (!moved.includes(`new ${name}`)) await rename(join(stateDir, name), join(ready, name));
    if (!moved.includes(`old ${name}`)) await rename(join(former, name), join(stateDir, name));
  }
}
