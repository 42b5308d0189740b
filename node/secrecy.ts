/**
 * The seam Secrecy: X25519, HKDF-SHA256, ChaCha20 and ChaCha20-Poly1305 of node:crypto; Shamir's parts of `shamir-secret-sharing` (Apache-2.0, no dependencies,
 * audited), which draws from node:crypto too.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { combine, split } from "shamir-secret-sharing";
import type { Secrecy } from "../protocol/base/seams.ts";

const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** PKCS #8 before the 32 bytes of an X25519 secret (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");

/** Block counter 0 and nonce 0, as OpenSSL takes them. */
const STREAM_START = Buffer.alloc(16);
const NONCE = Buffer.alloc(12);

const AEAD = "chacha20-poly1305";

export const nodeSecrecy: Secrecy = {
  random: (length) => new Uint8Array(randomBytes(length)),
  publicKeyOf,
  agree,
  keyStream: (key, length) => plain(createCipheriv("chacha20", key, STREAM_START).update(new Uint8Array(length))),
  seal,
  open,
  split,
  combine: (parts) => combine([...parts]).catch(() => undefined),
};

function publicKeyOf(secret: Uint8Array): Uint8Array {
  const { x } = createPublicKey(secretKey(secret)).export({ format: "jwk" });
  return plain(Buffer.from(x as string, "base64url"));
}

function agree(secret: Uint8Array, publicKey: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array | undefined {
  if (publicKey.length !== KEY_BYTES) return undefined;
  const x = Buffer.from(publicKey).toString("base64url");
  const theirs = createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
  const shared = agreed(secretKey(secret), theirs);
  return shared && new Uint8Array(hkdfSync("sha256", shared, salt, info, KEY_BYTES));
}

/** Undefined where OpenSSL refuses: a key of small order gives zero, whatever the secret. */
function agreed(privateKey: KeyObject, publicKey: KeyObject): Buffer | undefined {
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    return undefined;
  }
}

function secretKey(secret: Uint8Array): KeyObject {
  if (secret.length !== KEY_BYTES) throw new RangeError(`a secret has ${KEY_BYTES} bytes, not ${secret.length}`);
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: "der", type: "pkcs8" });
}

function seal(key: Uint8Array, message: Uint8Array): Uint8Array {
  const cipher = createCipheriv(AEAD, key, NONCE, { authTagLength: TAG_BYTES });
  return plain(Buffer.concat([cipher.update(message), cipher.final(), cipher.getAuthTag()]));
}

function open(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(AEAD, key, NONCE, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return plain(Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]));
  } catch {
    return undefined;
  }
}

/** A Uint8Array with memory of its own: small Buffers share a pool. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}
