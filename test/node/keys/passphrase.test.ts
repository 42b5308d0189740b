/** Key files under a passphrase, and where passphrases come from. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, describe, it } from "node:test";
import { Decrypter, Encrypter } from "age-encryption";
import { encodeKey, isSealed, sealBytes } from "../../../node/keys/key-file.ts";
import { createPrivate, loadOrCreateIdentity, replacePrivate } from "../../../node/keys/keys.ts";
import { newPassphrase, passphraseFrom, type Terminal } from "../../../node/keys/passphrase.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";

const PASSPHRASE = "correct horse battery staple";
const ask = async () => PASSPHRASE;

/** The Ed25519 key of libp2p's specs/peer-ids under PASSPHRASE, by the Rust implementation of age (pyrage 1.4.0). */
const FROM_RAGE = Buffer.from(
  "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCByNDVqbVVTQno4bHNCTHdyU3BIRGZnIDE4CjhmeFF6RGlvaE91NEluSkFTeTVHa21WRjNEVmxsQ1pRN3k0" +
    "RFlncm9tVEkKLS0tIHUxREcrdXpMRXN2RkpGZXFuRXo4SzJXYmI2QW9tTnRzRzN3RGZhWkVPQTAKjLg2AdFZ098nhVkAJSPQsU6M/4hYuZFPbiU0LLyjzWAFPncG" +
    "ftcFcf24WZcK4k1PtbtbkUaJo0wzO0ZzT0+KHJ78OZc0tEcU4bfz0XK+JSPAxBYX0jh3otRVWgvei4zDEv9K9g==",
  "base64",
);
const VECTOR_PEER = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";

let root: string;
let plain: Uint8Array;
let peerId: string;
before(async () => {
  delete process.env.HEARSAY_PASSPHRASE;
  root = await mkdtemp(join(tmpdir(), "hearsay-passphrase-"));
  const { identity, privateKey } = await loadOrCreateIdentity(join(root, "plain"));
  peerId = identity.peerId;
  plain = encodeKey(privateKey);
});
after(() => rm(root, { recursive: true }));

/** Sealed as `age -p` does it, at a cost of 2^workFactor. */
async function sealed(content: Uint8Array, workFactor = 10): Promise<Uint8Array> {
  const age = new Encrypter();
  age.setPassphrase(PASSPHRASE);
  age.setScryptWorkFactor(workFactor);
  return age.encrypt(content);
}

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(root, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

function refuses(action: Promise<unknown>, code: "ERR_STATE" | "ERR_CONFIG", message: RegExp): Promise<void> {
  return assert.rejects(action, (error) => {
    assert.ok(isHearsayError(error, code), String(error));
    assert.match(error.message, message);
    assert.ok(!error.message.includes(PASSPHRASE));
    return true;
  });
}

describe("a key file under a passphrase", () => {
  it("is the same key", async () => {
    const loaded = await loadOrCreateIdentity(await file("sealed", await sealed(plain)), ask);
    assert.equal(loaded.identity.peerId, peerId);
    assert.ok(loaded.sealed);
  });

  it("is an age file of the standard cost, which any age opens", async () => {
    const bytes = await sealBytes(plain, PASSPHRASE);
    assert.ok(isSealed(bytes));
    assert.match(new TextDecoder().decode(bytes), /^age-encryption\.org\/v1\n-> scrypt \S+ 18\n/);
    const age = new Decrypter();
    age.addPassphrase(PASSPHRASE);
    assert.deepEqual(await age.decrypt(bytes), plain);
  });

  it("is not opened by another passphrase, and is left as it is", async () => {
    const bytes = await sealed(plain);
    const path = await file("wrong", bytes);
    await refuses(
      loadOrCreateIdentity(path, async () => "correct horse"),
      "ERR_STATE",
      /not its passphrase; try again/,
    );
    assert.deepEqual(new Uint8Array(await readFile(path)), bytes);
  });

  it("without a passphrase is an error that says how to give one", async () => {
    const path = await file("missing", await sealed(plain));
    await refuses(loadOrCreateIdentity(path, passphraseFrom({}, terminal(false))), "ERR_CONFIG", /--passphrase-file/);
  });

  it("is refused when any single byte of it changed, or its end is missing", async () => {
    const bytes = await sealed(plain);
    const path = await file("damaged", bytes);
    for (let at = 0; at < bytes.length; at++) {
      await writeFile(path, bytes.with(at, (bytes[at] as number) ^ 1));
      await refuses(loadOrCreateIdentity(path, ask), "ERR_STATE", /cannot be used/);
    }
    for (const length of [30, 100, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, length));
      await refuses(loadOrCreateIdentity(path, ask), "ERR_STATE", /cannot be used/);
    }
  });

  it("that asks for absurd work is refused before the work is done", async () => {
    const text = new TextDecoder("latin1").decode(await sealed(plain));
    const greedy = Buffer.from(text.replace(/^(.*\n-> scrypt \S+) 10\n/, "$1 40\n"), "latin1");
    await refuses(loadOrCreateIdentity(await file("greedy", greedy), ask), "ERR_STATE", /work factor is too high/);
  });

  it("that holds something else is refused", async () => {
    const path = await file("else", await sealed(new TextEncoder().encode("a letter")));
    await refuses(loadOrCreateIdentity(path, ask), "ERR_STATE", /it has 8 bytes, not 68/);
  });

  it("made by another program is read", async () => {
    const { identity } = await loadOrCreateIdentity(await file("rage", FROM_RAGE), ask);
    assert.equal(identity.peerId, VECTOR_PEER);
  });
});

describe("a private file", () => {
  it("is for its owner alone, and nothing is left beside it", { skip: process.platform === "win32" }, async () => {
    const path = join(root, "private", "key");
    await createPrivate(path, plain);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await assert.rejects(createPrivate(path, new Uint8Array(1)), { code: "EEXIST" });
    assert.deepEqual(new Uint8Array(await readFile(path)), plain);
    await replacePrivate(path, new Uint8Array(2));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(root, "private")), ["key"]);
  });
});

interface Typist extends Terminal {
  readonly input: PassThrough & { isTTY: boolean };
  readonly output: PassThrough;
  shown(): string;
}

/** What a person types, all at once; an end of line after each. */
function terminal(isTTY: boolean, ...typed: readonly string[]): Typist {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  let shown = "";
  let next = 0;
  output.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    if (!chunk.toString().endsWith(": ")) return;
    const text = typed[next++];
    if (text !== undefined) setImmediate(() => input.write(`${text}\r`));
  });
  return { input, output, shown: () => shown };
}

describe("a passphrase", () => {
  it("comes from a file, of which an end of line does not count", async () => {
    for (const [name, content] of [
      ["unix", `${PASSPHRASE}\n`],
      ["dos", `${PASSPHRASE}\r\n`],
      ["bare", PASSPHRASE],
    ] as const) {
      assert.equal(await passphraseFrom({ passphraseFile: await file(name, content) })("key"), PASSPHRASE);
    }
  });

  it("in a file that is empty, long, of two lines or missing is an error", async () => {
    for (const content of ["", "\n", "x".repeat(2000), "one\ntwo\n"]) {
      const passphraseFile = await file("bad", content);
      await refuses(passphraseFrom({ passphraseFile })("key"), "ERR_CONFIG", /not one line/);
    }
    await refuses(passphraseFrom({ passphraseFile: join(root, "none") })("key"), "ERR_CONFIG", /cannot be read/);
  });

  it("comes from the environment where no file is named", async () => {
    process.env.HEARSAY_PASSPHRASE = "from the environment";
    try {
      assert.equal(await passphraseFrom({})("key"), "from the environment");
      assert.equal(await newPassphrase({}, "key"), "from the environment");
      assert.equal(await passphraseFrom({ passphraseFile: await file("first", PASSPHRASE) })("key"), PASSPHRASE);
    } finally {
      delete process.env.HEARSAY_PASSPHRASE;
    }
  });

  it("is asked for on a terminal, once, and not shown", async () => {
    const person = terminal(true, PASSPHRASE, "asked again");
    const from = passphraseFrom({}, person);
    assert.equal(await from("the/key"), PASSPHRASE);
    assert.equal(await from("the/key"), PASSPHRASE);
    assert.equal(person.shown(), "passphrase of the/key: \n");
  });

  it("that is new is typed twice, alike, and of eight characters", async () => {
    assert.equal(await newPassphrase({}, "key", terminal(true, PASSPHRASE, PASSPHRASE)), PASSPHRASE);
    await refuses(newPassphrase({}, "key", terminal(true, PASSPHRASE, "other words")), "ERR_CONFIG", /not the same/);
    await refuses(newPassphrase({}, "key", terminal(true, "short", "short")), "ERR_CONFIG", /8 characters/);
  });

  it("that is not given is an error: no terminal, or the person stops", async () => {
    await refuses(passphraseFrom({}, terminal(false))("key"), "ERR_CONFIG", /no terminal/);
    await refuses(passphraseFrom({}, terminal(true, "\u0003"))("key"), "ERR_CONFIG", /not given/);
  });
});
