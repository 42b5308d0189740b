/**
 * What a key file holds: an Ed25519 private key as the protobuf of libp2p (specs/peer-ids), 68 bytes; or the same bytes as a file of age
 * (age-encryption.org/v1), under a key that scrypt makes of a passphrase (N = 2^18, r = 8: a second and 256 MiB), sealed with
 * ChaCha20-Poly1305. `age -d` opens it, and what `age -p` wrote is read here. Files that ask for more than N = 2^20 are refused.
 */

import { privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import type { Ed25519PrivateKey } from "@libp2p/interface";
import { equalBytes, utf8 } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Identity } from "../../protocol/base/seams.ts";
import { identityFromSeed } from "../crypto.ts";

/** A private key, as the protocol and as libp2p wants it. */
export interface KeyPair {
  readonly identity: Identity;
  /** For createLibp2p. */
  readonly privateKey: Ed25519PrivateKey;
}

const KEY_BYTES = 68;
const SEED_BYTES = 32;
/** Binary age files alone: what is armoured begins otherwise. */
const AGE_MAGIC = utf8("age-encryption.org/v1\n");
/** What the library says of a passphrase that does not open the header; everything else that it throws is a fault of the file. */
const NOT_THIS_PASSPHRASE = "no identity matched";

/** @throws HearsayError ERR_STATE with a clause that says what is wrong. */
export function decodeKey(bytes: Uint8Array): KeyPair {
  if (bytes.length !== KEY_BYTES) throw bad(`it has ${bytes.length} bytes, not ${KEY_BYTES}`);
  let privateKey: ReturnType<typeof privateKeyFromProtobuf>;
  try {
    privateKey = privateKeyFromProtobuf(bytes);
  } catch (cause) {
    throw bad("it is no libp2p private key", cause);
  }
  if (privateKey.type !== "Ed25519") throw bad(`it holds a key of type ${privateKey.type}, not Ed25519`);
  const identity = identityFromSeed(privateKey.raw.subarray(0, SEED_BYTES));
  const whole =
    equalBytes(identity.publicKey, privateKey.publicKey.raw) && equalBytes(privateKeyToProtobuf(privateKey), bytes);
  if (!whole) throw bad("its two halves do not belong together");
  return { identity, privateKey };
}

export function encodeKey(privateKey: Ed25519PrivateKey): Uint8Array {
  return privateKeyToProtobuf(privateKey);
}

/** True for the beginning of an age file. */
export function isSealed(bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, AGE_MAGIC.length), AGE_MAGIC);
}

/** The bytes as an age file. Takes about a second, on this thread. */
export async function sealBytes(bytes: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const { Encrypter } = await import("age-encryption"); // 7 MB, for keys under a passphrase
  const age = new Encrypter();
  age.setPassphrase(passphrase);
  return age.encrypt(bytes);
}

/** @throws HearsayError ERR_STATE with a clause that says what is wrong, and {remedy} where it is the passphrase. */
export async function openSealed(sealed: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const { Decrypter } = await import("age-encryption");
  const age = new Decrypter();
  age.addPassphrase(passphrase);
  try {
    return await age.decrypt(sealed);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (message.startsWith(NOT_THIS_PASSPHRASE))
      throw new HearsayError("ERR_STATE", "this is not its passphrase", { remedy: "try again" }, cause);
    throw bad(`it does not decrypt (${message})`, cause);
  }
}

function bad(what: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_STATE", what, {}, cause);
}
