/**
 * How a key ends: by the entry `end`, the last of its log, which names the key that goes on in its place, or none.
 *
 *     proof = signature by the next key, in the domain "succession", of logId | the key that ends
 *
 * The entry itself is signed by the key that ends, so both have signed: nobody can be made a successor without consent, and a proof
 * is good for one log of one key. That the same person holds both keys is what the two say, no more.
 */
import { concatBytes, equalBytes } from "../../base/bytes.ts";
import type { Crypto, Identity } from "../../base/seams.ts";
import { signIn, verifyIn } from "../../wire/envelope.ts";
import type { EndBody } from "./bodies.ts";

/** The log that ends, and the key that wrote it. */
export interface Ending {
  readonly logId: Uint8Array;
  /** Raw Ed25519 key, 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** What the end entry says where `next` goes on. Throws RangeError where a key would follow itself. */
export function succeededBy(next: Identity, ending: Ending): EndBody {
  if (equalBytes(next.publicKey, ending.publicKey)) throw new RangeError("a key cannot follow itself");
  return { next: next.publicKey, proof: signIn("succession", consentTo(ending), next) };
}

/** What the end entry says where no key goes on: the key is revoked, or its peer leaves. */
export const NO_SUCCESSOR: EndBody = { next: null, proof: null };

/** True where no key is named, with no proof, or another key that signed; nothing else ends a log. */
export function successionHolds({ next, proof }: EndBody, ending: Ending, crypto: Crypto): boolean {
  if (next === null || proof === null) return next === proof;
  if (equalBytes(next, ending.publicKey)) return false;
  return verifyIn("succession", consentTo(ending), proof, crypto, next);
}

function consentTo({ logId, publicKey }: Ending): Uint8Array {
  return concatBytes(logId, publicKey);
}
