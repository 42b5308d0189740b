/**
 * Signatures with domain separation: what is signed for one purpose is never valid for another.
 *
 *     signature = Ed25519(key, "hearsay/" domain "/v1" 00 message)       RFC 8032, 64 bytes
 *     envelope  = signature | payload
 *
 * No domain contains a zero byte, so no signed text of one domain is a prefix of another's.
 */
import { concatBytes, utf8 } from "../base/bytes.ts";
import type { Crypto, Identity } from "../base/seams.ts";

/** Everything that a peer signs with its key, the handshake of libp2p excepted. */
export type Domain =
  | "announcement"
  | "log-entry"
  | "succession"
  | "lot"
  | "vertical"
  | "cohort"
  | "cluster"
  | "release"
  | "statistics";

export const SIGNATURE_BYTES = 64;

/** True for 64 bytes: what may be a signature. */
export function isSignature(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === SIGNATURE_BYTES;
}

const PREFIXES: Readonly<Record<Domain, Uint8Array>> = {
  announcement: utf8("hearsay/announcement/v1\0"),
  "log-entry": utf8("hearsay/log-entry/v1\0"),
  succession: utf8("hearsay/succession/v1\0"),
  lot: utf8("hearsay/lot/v1\0"),
  vertical: utf8("hearsay/vertical/v1\0"),
  cohort: utf8("hearsay/cohort/v1\0"),
  cluster: utf8("hearsay/cluster/v1\0"),
  release: utf8("hearsay/release/v1\0"),
  statistics: utf8("hearsay/statistics/v1\0"),
};

/** Where short messages are put behind their prefix: signing and verifying are done with it when they return. */
const scratch = new Uint8Array(2048);

function inDomain(domain: Domain, message: Uint8Array): Uint8Array {
  const prefix = PREFIXES[domain];
  const length = prefix.length + message.length;
  if (length > scratch.length) return concatBytes(prefix, message);
  scratch.set(prefix);
  scratch.set(message, prefix.length);
  return scratch.subarray(0, length);
}

/** The 64-byte signature of `message` in a domain. */
export function signIn(domain: Domain, message: Uint8Array, identity: Identity): Uint8Array {
  return identity.sign(inDomain(domain, message));
}

/** True where `signature` is that of `message` in this domain under `publicKey`; never throws. */
export function verifyIn(
  domain: Domain,
  message: Uint8Array,
  signature: Uint8Array,
  crypto: Crypto,
  publicKey: Uint8Array,
): boolean {
  return crypto.verify(publicKey, inDomain(domain, message), signature);
}

/** signature | payload */
export function seal(domain: Domain, payload: Uint8Array, identity: Identity): Uint8Array {
  return concatBytes(signIn(domain, payload, identity), payload);
}

/** The payload of an envelope (a view into it) before its signature was checked; empty where it is cut short. */
export function sealedPayload(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(SIGNATURE_BYTES);
}

/** The payload of an envelope (a view into it); undefined where it is cut short or the signature does not hold. */
export function openEnvelope(
  domain: Domain,
  sealed: Uint8Array,
  crypto: Crypto,
  publicKey: Uint8Array,
): Uint8Array | undefined {
  const payload = sealedPayload(sealed);
  const signature = sealed.subarray(0, SIGNATURE_BYTES); // of a shorter envelope: no signature, and verification says so
  return verifyIn(domain, payload, signature, crypto, publicKey) ? payload : undefined;
}
