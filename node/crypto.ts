/**
 * SHA-256 and Ed25519 (RFC 8032) of node:crypto. Making a KeyObject costs as much as a verification, so the newest 1024 public
 * keys keep theirs.
 */
import { createHash, createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";
import type { Crypto, Hashing, Identity } from "../protocol/base/seams.ts";
import { maySign } from "../protocol/wire/ed25519.ts";
import { peerIdFromPublicKey } from "../protocol/wire/identity.ts";

const MAX_KEY_OBJECTS = 1024;
const KEY_BYTES = 32;
const SHA256_BYTES = 32;

/** PKCS #8 before the 32 bytes of an Ed25519 seed (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export const nodeCrypto: Crypto = { sha256, sha256InParts, verify: verifyEd25519 };

/** The identity whose private key is the 32-byte seed of RFC 8032. Throws RangeError for another length. */
export function identityFromSeed(seed: Uint8Array): Identity {
  if (seed.length !== KEY_BYTES) throw new RangeError(`a seed has ${KEY_BYTES} bytes, not ${seed.length}`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  const publicKey = plain(Buffer.from(x as string, "base64url"));
  return {
    peerId: peerIdFromPublicKey(publicKey),
    publicKey,
    sign: (message) => plain(sign(null, message, key)),
  };
}

/** By way of a text with a character for each byte: a Buffer has memory outside of the heap, which takes longer to get and to give back than the hash of a log entry. */
function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash("sha256", bytes, "binary");
  const digest = new Uint8Array(SHA256_BYTES);
  for (let i = 0; i < SHA256_BYTES; i++) digest[i] = text.charCodeAt(i);
  return digest;
}

function sha256InParts(): Hashing {
  const made = createHash("sha256");
  return { update: (part) => void made.update(part), digest: () => plain(made.digest()) };
}

/** By the rule of protocol/wire/ed25519.ts, whatever this build of OpenSSL makes of its edges. */
function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!maySign(signature)) return false;
  const key = keyObject(publicKey);
  return key !== undefined && verify(null, message, key, signature);
}

/** Least recently used first: a Map keeps the order of insertion. */
const keyObjects = new Map<string, KeyObject>();

/** Undefined for bytes that are no Ed25519 key. */
function keyObject(publicKey: Uint8Array): KeyObject | undefined {
  if (publicKey.length !== KEY_BYTES || !maySign(publicKey)) return undefined;
  const x = Buffer.from(publicKey.buffer, publicKey.byteOffset, KEY_BYTES).toString("base64url");
  const known = keyObjects.get(x);
  if (known !== undefined) {
    keyObjects.delete(x);
    keyObjects.set(x, known);
    return known;
  }
  const made = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  keyObjects.set(x, made);
  if (keyObjects.size > MAX_KEY_OBJECTS) keyObjects.delete(keyObjects.keys().next().value as string);
  return made;
}

/** A Uint8Array with memory of its own: small Buffers share a pool. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}
