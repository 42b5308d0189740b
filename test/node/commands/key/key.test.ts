/** `hearsay key`: what each command does to a state directory, what it says, and its exit status. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { TEMPLATES } from "../../../../node/data/templates.ts";
import { storeTask } from "../../../../node/disk/state-dir.ts";
import { openStore } from "../../../../node/disk/store.ts";
import { loadOrCreateIdentity } from "../../../../node/keys/keys.ts";
import { openOwnLog, withDatabase } from "../../../../node/keys/own-log.ts";
import { equalBytes, toHex } from "../../../../protocol/base/bytes.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Statement } from "../../../../protocol/log/entry/bodies.ts";
import type { Entry } from "../../../../protocol/log/entry/entry.ts";
import { encodeTask, parseTask } from "../../../../protocol/task/manifest.ts";
import { collect, sampleDrafts } from "../../../protocol/log/support.ts";
import { createLab, type Finished, type Lab } from "../../../support/process.ts";

const FAILURE = 1;
const USAGE = 2;
const MANIFEST = encodeTask(parseTask(parse(TEMPLATES.digits.yaml)));
const TASK_ID = nodeCrypto.sha256(MANIFEST);
const PASSPHRASE = "correct horse battery staple";
const ENTRIES = 12;

let lab: Lab;
/** Of a peer that ran: copied by each test that changes it. */
let used: string;
let peerId: string;
let headId: string;
let words: string;
before(async () => {
  lab = await createLab("key");
  used = lab.path("used");
  words = await lab.write("words.txt", `${PASSPHRASE}\n`);
  await storeTask(used, MANIFEST);
  await writeFile(join(used, "config.yaml"), "mdns: false\n"); // nobody else on this network is to be told of these keys
  const store = await openStore(join(used, "db"));
  const { identity } = await loadOrCreateIdentity(join(used, "key"));
  peerId = identity.peerId;
  const log = await openOwnLog(store, identity, TASK_ID);
  await log.append(sampleDrafts(createRng("key"), ENTRIES - 1));
  headId = toHex(log.head().id);
  await store.close();
});
after(() => lab?.close());

async function copy(name: string): Promise<string> {
  const state = lab.path(name);
  await cp(used, state, { recursive: true });
  return state;
}

/** Runs `hearsay key ...`, which must end with this status. */
async function ends(status: number, args: readonly string[], message = /(?:)/): Promise<Finished> {
  const finished = await lab.run(["key", ...args]);
  assert.equal(finished.code, status, `${args.join(" ")}\n${finished.stdout}${finished.stderr}`);
  assert.match(finished.stderr, message);
  assert.doesNotMatch(finished.stderr, /\n {4}at /, "a stack trace where a sentence would do");
  assert.ok(!(finished.stdout + finished.stderr).includes(PASSPHRASE));
  return finished;
}

async function json<T>(args: readonly string[]): Promise<T> {
  return JSON.parse((await ends(0, [...args, "--json"])).stdout) as T;
}

async function entriesOf(state: string): Promise<Entry[]> {
  const { identity } = await loadOrCreateIdentity(join(state, "key"));
  return withDatabase(state, async (store) => collect((await openOwnLog(store, identity, TASK_ID)).entries()));
}

describe("hearsay key", () => {
  it("show says who the peer is", async () => {
    const shown = await json<Record<string, unknown>>(["show", "--state", used]);
    assert.deepEqual([shown.peerId, shown.protected], [peerId, false]);
    await ends(FAILURE, ["show", "--state", lab.path("nobody")], /there is no key .*\[ERR_STATE\]/);
  });

  it("protect and unprotect rewrite the key and keep it private", async () => {
    const state = await copy("protected");
    const plain = await readFile(join(state, "key"));
    await ends(0, ["protect", "--state", state, "--passphrase-file", words]);
    const sealed = await readFile(join(state, "key"));
    assert.ok(sealed.toString("latin1").startsWith("age-encryption.org/v1\n"));
    assert.equal(sealed.indexOf(plain.subarray(4, 36)), -1, "the secret is not in it");
    if (process.platform !== "win32") assert.equal((await stat(join(state, "key"))).mode & 0o777, 0o600);

    await ends(USAGE, ["show", "--state", state], /--passphrase-file FILE or set HEARSAY_PASSPHRASE/);
    const same = ["--passphrase-file", words, "--new-passphrase-file", words];
    await ends(USAGE, ["protect", "--state", state, ...same], /has this passphrase already/);
    const wrong = await lab.write("wrong.txt", "correct horse\n");
    await ends(FAILURE, ["show", "--state", state, "--passphrase-file", wrong], /not its passphrase/);
    const asked = await lab.run(["key", "show", "--state", state], { env: { HEARSAY_PASSPHRASE: PASSPHRASE } });
    assert.ok(asked.stdout.includes(peerId), asked.stderr);

    await ends(0, ["unprotect", "--state", state, "--passphrase-file", words]);
    assert.deepEqual(await readFile(join(state, "key")), plain);
    await ends(FAILURE, ["unprotect", "--state", state], /has no passphrase/);
    const short = await lab.write("short.txt", "short");
    await ends(USAGE, ["protect", "--state", state, "--passphrase-file", short], /8 characters/);
  });

  it("restore makes the same peer of a backup, which goes on in a generation of its own", async () => {
    const backup = lab.path("peer.age");
    const made = await json(["backup", backup, "--state", used, "--passphrase-file", words]);
    assert.deepEqual(made, { file: backup, peerId, generation: 0, seq: ENTRIES - 1 });
    await ends(FAILURE, ["backup", backup, "--state", used, "--passphrase-file", words], /exists: name another/);

    const state = lab.path("restored/anew");
    interface Restored {
      readonly peerId: string;
      readonly task: string;
      readonly generation: number;
    }
    const restored = await json<Restored>(["restore", backup, "--state", state, "--passphrase-file", words]);
    assert.deepEqual([restored.peerId, restored.task], [peerId, toHex(TASK_ID)]);
    assert.ok(restored.generation > 1_000_000);
    assert.deepEqual(await readFile(join(state, "key")), await readFile(join(used, "key")));
    const [genesis, ...rest] = (await entriesOf(state)) as [Entry & Statement<"genesis">];
    assert.deepEqual(rest, []);
    assert.equal(genesis.body.generation, restored.generation);
    assert.equal(toHex(genesis.body.after as Uint8Array), headId);

    await ends(FAILURE, ["restore", backup, "--state", state, "--passphrase-file", words], /nothing is overwritten/);
  });

  it("restore leaves nothing behind where it is refused", async () => {
    const backup = lab.path("peer.age");
    const state = lab.path("other-task");
    await storeTask(state, encodeTask(parseTask({ ...parse(TEMPLATES.digits.yaml), name: "another" })));
    await ends(FAILURE, ["restore", backup, "--state", state, "--passphrase-file", words], /belongs to task/);
    const short = await lab.write("wrong-too.txt", "another one");
    await ends(FAILURE, ["restore", backup, "--state", state, "--passphrase-file", short], /not its passphrase/);
    const none = ["restore", lab.path("none.age"), "--state", state]; // and no passphrase, for which nobody is asked
    await ends(
      FAILURE,
      none,
      /^error: there is no .*none\.age: name a backup that hearsay key backup wrote \[ERR_STATE\]\n$/,
    );
    for (const name of ["key", "db", "db.new"]) assert.ok(!existsSync(join(state, name)), name);
  });

  it("rotate puts a new key in place, and keeps the old log", async () => {
    const state = await copy("rotated");
    interface Rotated {
      readonly old: string;
      readonly new: string;
      readonly former: string;
      readonly told: number;
    }
    const rotated = await json<Rotated>(["rotate", "--state", state]);
    assert.deepEqual([rotated.old, rotated.told], [peerId, 0]);
    assert.equal((await json<{ peerId: string }>(["show", "--state", state])).peerId, rotated.new);
    const old = await entriesOf(rotated.former);
    assert.deepEqual([old.length, old.at(-1)?.type], [ENTRIES + 1, "end"]);
    const [genesis] = (await entriesOf(state)) as [Entry & Statement<"genesis">];
    assert.ok(equalBytes(genesis.body.after as Uint8Array, (old.at(-1) as Entry).id));
  });

  it("revoke ends the key for ever, once it is meant, and says so to whoever starts it again", async () => {
    const state = await copy("revoked");
    await ends(USAGE, ["revoke", "--state", state], /no way back.*--yes/);
    assert.equal((await entriesOf(state)).length, ENTRIES);
    for (let again = 0; again < 2; again++) await ends(0, ["revoke", "--state", state, "--yes"]);
    const entries = await entriesOf(state);
    assert.equal(entries.length, ENTRIES + 1);
    assert.deepEqual(entries.at(-1)?.body, { next: null, proof: null });
    const up = ["up", "--state", state, "--dataset", "digits", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"];
    const { code, stderr } = await lab.run([...up, "--seconds", "60"]);
    assert.equal(code, FAILURE, stderr);
    assert.match(stderr, /revoked.*\[ERR_BANNED\]/s);
  });

  it("a key whose log is gone is not used, and the way out is named", async () => {
    const state = await copy("lost");
    await rm(join(state, "db"), { recursive: true });
    const { code, stderr } = await lab.run(["up", "--state", state, "--dataset", "digits", "--no-mdns"]);
    assert.equal(code, FAILURE);
    assert.match(stderr, /log is gone.*key restore.*\[ERR_STATE\]/s);
  });

  it("a log whose key file is lost gets no new key, and takes the old one back from a backup", async () => {
    const state = await copy("no-key");
    const backup = lab.path("no-key.age");
    await ends(0, ["backup", backup, "--state", state, "--passphrase-file", words]);
    await rm(join(state, "key"));
    const up = ["up", "--state", state, "--dataset", "digits", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"];
    const lost = await lab.run(up);
    assert.equal(lost.code, FAILURE);
    assert.match(
      lost.stderr,
      new RegExp(`log in .* is that of ${peerId}, but there is no .*key restore.*\\[ERR_STATE\\]`, "s"),
    );
    assert.ok(!existsSync(join(state, "key")), "a key made in its place would stand in the way of the old one");

    await loadOrCreateIdentity(join(state, "key")); // of another peer
    const other = await lab.run(up);
    assert.equal(other.code, FAILURE);
    assert.match(other.stderr, /is that of .*, but .*move this file away.*key restore/s);
    const doctor = await lab.run(["doctor", "--state", state, "--no-mdns", "--json"]);
    assert.match(doctor.stdout, /is not the key of/);
    await ends(FAILURE, ["restore", backup, "--state", state, "--passphrase-file", words], /move it away/);

    await rm(join(state, "key"));
    const restored = await json<{ readonly generation: number }>(
      ["restore", backup, "--state", state, "--passphrase-file", words], //
    );
    assert.equal(restored.generation, 0, "the log that is there");
    assert.equal((await entriesOf(state)).length, ENTRIES);
  });

  it("a key is not restored beside the log of another peer", async () => {
    const state = lab.path("not-its-log");
    const backup = lab.path("not-its-log.age");
    await ends(0, ["backup", backup, "--state", used, "--passphrase-file", words]);
    await storeTask(state, MANIFEST);
    await withOtherLog(state);
    await ends(FAILURE, ["restore", backup, "--state", state, "--passphrase-file", words], /not the log of this key/);
    assert.ok(!existsSync(join(state, "key")));
  });
});

/** A directory with the log of somebody else, and no key. */
async function withOtherLog(state: string): Promise<void> {
  const { identity } = await loadOrCreateIdentity(join(state, "key"));
  const store = await openStore(join(state, "db"));
  await openOwnLog(store, identity, TASK_ID);
  await store.close();
  await rm(join(state, "key"));
}
