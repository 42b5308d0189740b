import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../../../node/crypto.ts";
import { toHex } from "../../../../protocol/base/bytes.ts";
import {
  cosign,
  cosignaturesOf,
  cosignedAt,
  formatCheckpoint,
  isSignedBy,
  MAX_NOTE_BYTES,
  readCheckpoint,
  readCosignature,
  signCheckpoint,
  withHeldLines,
} from "../../../../protocol/log/tree/checkpoint.ts";

const writer = identityFromSeed(new Uint8Array(32).fill(1));
const witness = identityFromSeed(new Uint8Array(32).fill(2));
const checkpoint = { logId: new Uint8Array(32).fill(0xab), size: 15_368_405, root: new Uint8Array(32).fill(0xcd) };
const note = signCheckpoint(checkpoint, writer, nodeCrypto);

/** By node:crypto alone, as a stranger would. */
function holds(publicKey: Uint8Array, message: string, signature: Uint8Array): boolean {
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") },
    format: "jwk",
  });
  return verify(null, Buffer.from(message), key, signature);
}

test("a checkpoint is a signed note, line by line", () => {
  const origin = `hearsay-log/${"ab".repeat(32)}`;
  const [first, second, third, empty, line, last] = note.split("\n");
  assert.deepEqual([first, second, empty, last], [origin, "15368405", "", ""]);
  assert.equal(third, Buffer.alloc(32, 0xcd).toString("base64"));
  const [dash, name, encoded = ""] = (line ?? "").split(" ");
  assert.deepEqual([dash, name], ["\u2014", origin]);
  const bytes = Buffer.from(encoded, "base64");
  const keyId = createHash("sha256").update(`${origin}\n`).update(Uint8Array.of(1)).update(writer.publicKey).digest();
  assert.deepEqual(bytes.subarray(0, 4), keyId.subarray(0, 4));
  assert.ok(holds(writer.publicKey, `${origin}\n15368405\n${third}\n`, bytes.subarray(4)));
});

test("what was signed is read back, and only its writer signed it", () => {
  const read = readCheckpoint(note);
  assert.deepEqual({ logId: read.logId, size: read.size, root: read.root }, checkpoint);
  assert.equal(isSignedBy(read, writer.publicKey, nodeCrypto), true);
  assert.equal(isSignedBy(read, witness.publicKey, nodeCrypto), false);
});

test("a cosignature says who saw it when, in the bytes of tlog-cosignature", () => {
  const line = cosign(readCheckpoint(note), witness, 1_795_000_000, nodeCrypto);
  const read = readCheckpoint(note + line);
  assert.equal(isSignedBy(read, writer.publicKey, nodeCrypto), true);
  assert.deepEqual(
    read.signatures.map((signature) => cosignedAt(read, signature, nodeCrypto)),
    [undefined, 1_795_000_000],
  );
  const bytes = Buffer.from(line.trim().split(" ")[2] as string, "base64");
  const keyId = createHash("sha256")
    .update(`${witness.peerId}\n`)
    .update(Uint8Array.of(4))
    .update(witness.publicKey)
    .digest();
  assert.equal(toHex(bytes.subarray(0, 4)), toHex(keyId.subarray(0, 4)));
  assert.equal(bytes.readBigUInt64BE(4), 1_795_000_000n);
  const text = note.slice(0, note.indexOf("\n\n") + 1);
  assert.ok(holds(witness.publicKey, `cosignature/v1\ntime 1795000000\n${text}`, bytes.subarray(12)));
});

test("a cosignature does not hold for another text, time or name", () => {
  const line = cosign(readCheckpoint(note), witness, 1000, nodeCrypto);
  const times = (text: string) => {
    const read = readCheckpoint(text);
    return read.signatures.map((signature) => cosignedAt(read, signature, nodeCrypto));
  };
  assert.deepEqual(times(note + line), [undefined, 1000]);
  const larger = signCheckpoint({ ...checkpoint, size: checkpoint.size + 1 }, writer, nodeCrypto);
  assert.deepEqual(times(larger + line), [undefined, undefined]);
  assert.deepEqual(times(note + line.replace(witness.peerId, writer.peerId)), [undefined, undefined]);
  const [dash, name, encoded] = line.trim().split(" ") as [string, string, string];
  const bytes = Buffer.from(encoded, "base64");
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] as number) ^ 1;
    const there = `${dash} ${name} ${changed.toString("base64")}\n`;
    assert.deepEqual(times(note + there), [undefined, undefined], `byte ${i}`);
  }
});

test("a cosignature of a day that no date of four digits can name is passed over, and so is all that does not hold", () => {
  const line = (seconds: number) => cosign(readCheckpoint(note), witness, seconds, nodeCrypto);
  const heldOf = (lines: string) =>
    cosignaturesOf(readCheckpoint(note + lines), nodeCrypto).map(({ seconds }) => seconds);
  for (const seconds of [2 ** 52, Number.MAX_SAFE_INTEGER, 253_402_300_800])
    assert.deepEqual(heldOf(line(seconds)), []);
  assert.deepEqual(heldOf(line(253_402_300_799)), [253_402_300_799]);
  assert.deepEqual(heldOf(line(2 ** 52) + line(3) + line(4)), [3], "the first that holds of each cosigner");
  assert.deepEqual(heldOf(line(3).replace(witness.peerId, writer.peerId)), []);
});

test("a cosigner brings exactly one line", () => {
  const line = cosign(readCheckpoint(note), witness, 1000, nodeCrypto);
  assert.equal(readCosignature(line).name, witness.peerId);
  for (const wrong of ["", "\n", line.slice(0, -1), `${line}\n`, `\n${line}`, line + line, line.repeat(3), `x${line}`])
    assert.throws(() => readCosignature(wrong), { code: "ERR_DECODE" }, JSON.stringify(wrong));
});

test("what is kept of a note is the writer's line and those that hold", () => {
  const line = cosign(readCheckpoint(note), witness, 1000, nodeCrypto);
  const forged = line.replace(witness.peerId, writer.peerId);
  const read = readCheckpoint(note + forged + line + line);
  const kept = withHeldLines(read, writer.publicKey, nodeCrypto) ?? assert.fail("signed by the writer");
  assert.equal(formatCheckpoint(kept), note + line);
  assert.equal(withHeldLines(read, witness.publicKey, nodeCrypto), undefined, "not signed by this one");
});

test("signatures of unknown keys are passed over", () => {
  const unknown = `\u2014 example.org/x ${Buffer.alloc(40, 1).toString("base64")}\n`;
  const [text, lines] = note.split("\n\n") as [string, string];
  assert.equal(isSignedBy(readCheckpoint(`${text}\n\n${unknown}${lines}`), writer.publicKey, nodeCrypto), true);
});

test("anything else than the one form of a checkpoint is refused with its code", () => {
  const [text, lines] = note.split("\n\n") as [string, string];
  const [origin, size, root] = text.split("\n") as [string, string, string];
  const withText = (...body: string[]) => `${body.join("\n")}\n\n${lines}`;
  const refused = [
    "",
    "\n\n",
    text,
    `${text}\n\n`,
    note.slice(0, -1),
    note.replace("\u2014", "-"),
    withText(origin, size),
    withText(origin, size, root, "more"),
    withText(origin.toUpperCase(), size, root),
    withText(origin.slice(0, -2), size, root),
    withText(origin, `0${size}`, root),
    withText(origin, "-1", root),
    withText(origin, "1e3", root),
    withText(origin, "9007199254740992", root),
    withText(origin, size, root.slice(0, -1)),
    withText(origin, size, `${root.slice(0, -2)}1=`),
    `${note}\u2014 name AAAA\n`,
    note + lines.repeat(16),
  ];
  for (const wrong of refused)
    assert.throws(() => readCheckpoint(wrong), { code: "ERR_DECODE" }, JSON.stringify(wrong));
  assert.throws(() => readCheckpoint(note + "x".repeat(MAX_NOTE_BYTES)), { code: "ERR_TOO_LARGE" });
});

test("every change of a byte is noticed: it is refused, or not signed any more, or says the same", () => {
  const original = readCheckpoint(note);
  for (let i = 0; i < note.length; i++) {
    const changed = note.slice(0, i) + String.fromCharCode(note.charCodeAt(i) ^ 1) + note.slice(i + 1);
    try {
      const read = readCheckpoint(changed);
      if (isSignedBy(read, writer.publicKey, nodeCrypto)) assert.equal(read.text, original.text, `character ${i}`);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "ERR_DECODE", `character ${i}`);
    }
  }
});
