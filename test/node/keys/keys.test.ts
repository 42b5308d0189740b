import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { nodeCrypto } from "../../../node/crypto.ts";
import { loadOrCreateIdentity } from "../../../node/keys/keys.ts";
import { fromHex } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-keys-"));
});
after(() => rm(root, { recursive: true }));

/** The Ed25519 private key of the test vectors in libp2p's specs/peer-ids. */
const VECTOR = fromHex(
  "080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
) as Uint8Array;

async function keyFile(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(root, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

async function refusesAsDamaged(path: string): Promise<void> {
  await assert.rejects(loadOrCreateIdentity(path), (error) => {
    assert.ok(isHearsayError(error, "ERR_STATE"));
    assert.equal(error.details.path, path);
    assert.match(String(error.details.remedy), /backup/);
    return true;
  });
}

describe("the key on disk", () => {
  it("is made where there is none, for its owner alone, and is the same from then on", async () => {
    const path = join(root, "new", "state", "key");
    const made = await loadOrCreateIdentity(path);
    const again = await loadOrCreateIdentity(path);
    assert.equal(again.identity.peerId, made.identity.peerId);
    assert.deepEqual(made.warnings, []);
    assert.deepEqual(await readdir(join(root, "new", "state")), ["key"]);
    if (process.platform !== "win32") assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it("is the key of libp2p: same peer id, same signatures, same file", async () => {
    const path = await keyFile("vector", VECTOR);
    const { identity, privateKey } = await loadOrCreateIdentity(path);
    assert.equal(identity.peerId, peerIdFromPrivateKey(privateKeyFromProtobuf(VECTOR)).toString());
    assert.equal(identity.peerId, peerIdFromPrivateKey(privateKey).toString());
    assert.deepEqual(identity.publicKey, privateKey.publicKey.raw);
    const message = new TextEncoder().encode("hearsay");
    const signature = identity.sign(message);
    assert.deepEqual(signature, new Uint8Array(await privateKey.sign(message)));
    assert.ok(nodeCrypto.verify(identity.publicKey, message, signature));
    assert.ok(await privateKey.publicKey.verify(message, signature));
  });

  it("is one key, however many start at once", async () => {
    const path = join(root, "race", "key");
    const all = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateIdentity(path)));
    assert.equal(new Set(all.map(({ identity }) => identity.peerId)).size, 1);
    assert.deepEqual(await readdir(join(root, "race")), ["key"]);
  });

  it("that others may read still works, with a warning that says what to do", {
    skip: process.platform === "win32",
  }, async () => {
    const path = await keyFile("wide", VECTOR);
    await chmod(path, 0o644);
    const { warnings } = await loadOrCreateIdentity(path);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] as string, /chmod 600/);
  });

  it("is refused, never replaced, when any single byte of it changed", async () => {
    const path = await keyFile("flipped", VECTOR);
    for (let at = 0; at < VECTOR.length; at++) {
      for (const flip of [1, 0x80]) {
        await writeFile(path, VECTOR.with(at, (VECTOR[at] as number) ^ flip));
        await refusesAsDamaged(path);
      }
    }
  });

  it("is refused, never replaced, when it is cut short, empty, too long or of another kind", async () => {
    const secp256k1 = privateKeyToProtobuf(await generateKeyPair("secp256k1"));
    for (const content of [
      VECTOR.subarray(0, 67),
      new Uint8Array(0),
      new Uint8Array(1 << 20),
      "not a key",
      secp256k1,
    ]) {
      const path = await keyFile("damaged", content);
      await refusesAsDamaged(path);
      assert.deepEqual(new Uint8Array(await readFile(path)), Uint8Array.from(Buffer.from(content)));
    }
  });

  it("that cannot be read or made is an error with its path", async () => {
    const file = await keyFile("file", "");
    await assert.rejects(loadOrCreateIdentity(join(file, "key")), { code: "ERR_STATE" });
    await assert.rejects(loadOrCreateIdentity(root), { code: "ERR_STATE" });
  });
});
