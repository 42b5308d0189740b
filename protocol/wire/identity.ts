/**
 * A libp2p peer id is the key: for Ed25519 its text is the base58btc form of an identity multihash around the protobuf of the
 * public key, `00 24 | 08 01 12 20 | key (32 bytes)`, which is always 52 characters that begin with `12D3KooW`.
 * Source: libp2p specs, peer-ids/peer-ids.md ("Ed25519" and "Peer Ids").
 */
import { base58btc } from "multiformats/bases/base58";
import { forgetOldest } from "../base/bounded.ts";
import { concatBytes, equalBytes, keyOf } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { PeerId } from "../base/seams.ts";

/** Identity multihash of 36 bytes, then protobuf field 1 (key type) = 1 (Ed25519) and field 2 (data) of 32 bytes. */
const PREFIX: Uint8Array = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);
const KEY_BYTES = 32;
const TEXT_LENGTH = 52;

/** Peer ids by key: base58 takes quadratic time, and the same few authors announce again and again. */
const known = new Map<string, PeerId>();

/** The peer id of a raw Ed25519 public key. Throws RangeError unless the key has 32 bytes. */
export function peerIdFromPublicKey(publicKey: Uint8Array): PeerId {
  if (publicKey.length !== KEY_BYTES)
    throw new RangeError(`an Ed25519 key has ${KEY_BYTES} bytes, not ${publicKey.length}`);
  const name = keyOf(publicKey);
  const peerId = known.get(name) ?? base58btc.baseEncode(concatBytes(PREFIX, publicKey));
  known.set(name, peerId);
  forgetOldest(known, LIMITS.maxPeerIdsAtHand);
  return peerId;
}

/**
 * The raw Ed25519 public key inside a peer id; undefined for anything else (RSA and secp256k1 ids, CIDs, other text).
 * Whether the 32 bytes are a point of the curve shows when a signature is verified.
 */
export function publicKeyFromPeerId(peerId: PeerId): Uint8Array | undefined {
  if (peerId.length !== TEXT_LENGTH) return undefined; // base58 costs quadratic time: bound it first
  let bytes: Uint8Array;
  try {
    bytes = base58btc.baseDecode(peerId);
  } catch {
    return undefined;
  }
  if (bytes.length !== PREFIX.length + KEY_BYTES) return undefined;
  return equalBytes(bytes.subarray(0, PREFIX.length), PREFIX) ? bytes.slice(PREFIX.length) : undefined;
}
