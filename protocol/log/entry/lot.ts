/**
 * The lot of a merge whose rule draws (`bucketing`): the merging peer's signature of its log and of its own model, in the domain "lot".
 *
 * Ed25519 signatures are functions of key and message. So nobody else can know the lot before the merge is in the log, where it stands; the peer
 * itself cannot choose it; and whoever has the log can check it, and draw it again.
 */
import { concatBytes } from "../../base/bytes.ts";
import type { Crypto, Identity } from "../../base/seams.ts";
import { signIn, verifyIn } from "../../wire/envelope.ts";

/** @param own SHA-256 of the own parameters after training, as the entry has it. */
export function lotOf(logId: Uint8Array, own: Uint8Array, identity: Identity): Uint8Array {
  return signIn("lot", concatBytes(logId, own), identity);
}

/** Whether this is the lot that the peer of this key drew for its own model. */
export function isLot(
  lot: Uint8Array,
  logId: Uint8Array,
  own: Uint8Array,
  publicKey: Uint8Array,
  crypto: Pick<Crypto, "verify">,
): boolean {
  return verifyIn("lot", concatBytes(logId, own), lot, crypto as Crypto, publicKey);
}
