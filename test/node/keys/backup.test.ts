/** The file that a key is restored from. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { Encrypter } from "age-encryption";
import { decodeBackup, encodeBackup, type KeyBackup } from "../../../node/keys/backup.ts";
import { decodeKey, encodeKey } from "../../../node/keys/key-file.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { encodeCanonical } from "../../../protocol/wire/canonical.ts";

const PASSPHRASE = "correct horse battery staple";
const TASK = new Uint8Array(32).fill(1);
const ID = new Uint8Array(32).fill(2);
const KEY = encodeKey(await generateKeyPair("Ed25519"));

/** An age file of little work around anything. */
async function cheap(value: unknown): Promise<Uint8Array> {
  const age = new Encrypter();
  age.setPassphrase(PASSPHRASE);
  age.setScryptWorkFactor(10);
  return age.encrypt(value instanceof Uint8Array ? value : encodeCanonical(value));
}

describe("a backup", () => {
  it("gives back the key, what it was for and how far its log had come", async () => {
    const head = { generation: 3, seq: 70_000, id: ID };
    const backup: KeyBackup = { key: decodeKey(KEY), sealed: true, task: TASK, head };
    const read = await decodeBackup(await encodeBackup(backup, PASSPHRASE), PASSPHRASE);
    assert.equal(read.key.identity.peerId, backup.key.identity.peerId);
    assert.deepEqual({ ...read, key: 0 }, { ...backup, key: 0 });
  });

  it("of another content is refused, each with ERR_STATE", async () => {
    const good: unknown[] = [1, KEY, false, TASK, 0, 9, ID];
    await decodeBackup(await cheap(good), PASSPHRASE);
    const bad = [
      KEY,
      good.slice(0, 6),
      [...good, 0],
      good.with(0, 2),
      good.with(1, KEY.subarray(1)),
      good.with(2, 1),
      good.with(3, ID.subarray(1)),
      good.with(4, 2 ** 32),
      good.with(4, -1),
      good.with(5, 0.5),
      good.with(6, null),
      { key: KEY },
    ];
    for (const value of bad) {
      const file = await cheap(value);
      await assert.rejects(decodeBackup(file, PASSPHRASE), (error) => isHearsayError(error, "ERR_STATE"));
    }
  });
});
