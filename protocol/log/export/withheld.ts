/**
 * An entry of an export that is shown without what it says, since it names other peers: by its id, its leaf in the tree and its signature.
 *
 *     signed = signature of id in the domain "log-entry" (64) | [0, id (32), leaf (32)]
 *
 * The entry after it names its id, the writer has signed that id, and the checkpoint covers its leaf: so nothing can stand in its place, and two
 * exports of one log still show where they part. What it said is for those to whom the writer shows it.
 */
import { concatBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Crypto } from "../../base/seams.ts";
import { decodeCanonical, encodeCanonical } from "../../wire/canonical.ts";
import { SIGNATURE_BYTES, verifyIn } from "../../wire/envelope.ts";
import { isBytes32 } from "../../wire/values.ts";
import { type Entry, readEntry } from "../entry/entry.ts";
import { leafHash } from "../tree/merkle.ts";

export interface Withheld {
  readonly id: Uint8Array;
  readonly leaf: Uint8Array;
  readonly signature: Uint8Array;
}

/** In place of the version of an entry. */
const WITHHELD = 0;
const LENGTH = SIGNATURE_BYTES + 2 + 2 * 34;

export function isWithheld(signed: Uint8Array): boolean {
  return signed.length === LENGTH && signed[SIGNATURE_BYTES] === 0x83 && signed[SIGNATURE_BYTES + 1] === WITHHELD;
}

export function encodeWithheld({ id, leaf, signature }: Withheld): Uint8Array {
  return concatBytes(signature, encodeCanonical([WITHHELD, id, leaf]));
}

/** Undefined where these bytes are something else. */
export function readWithheld(signed: Uint8Array): Withheld | undefined {
  if (!isWithheld(signed)) return undefined;
  try {
    const [, id, leaf] = decodeCanonical(signed.subarray(SIGNATURE_BYTES), LENGTH) as unknown[];
    const signature = signed.subarray(0, SIGNATURE_BYTES);
    return isBytes32(id) && isBytes32(leaf) ? { id, leaf, signature } : undefined;
  } catch (error) {
    if (isHearsayError(error)) return undefined;
    throw error;
  }
}

export function withheldHolds({ id, signature }: Withheld, crypto: Crypto, publicKey: Uint8Array): boolean {
  return verifyIn("log-entry", id, signature, crypto, publicKey);
}

/** The entry as it is where it names no other peer, else withheld. */
export function redact(signed: Uint8Array, crypto: Crypto): Uint8Array {
  const entry = readEntry(signed, crypto);
  return namesOthers(entry) ? encodeWithheld(withheldOf(entry, crypto)) : signed;
}

function namesOthers({ type, body }: Entry): boolean {
  return type === "aggregate" && body.parents.length > 0;
}

function withheldOf({ id, signed }: Entry, crypto: Crypto): Withheld {
  const [signature, entry] = [signed.subarray(0, SIGNATURE_BYTES), signed.subarray(SIGNATURE_BYTES)];
  return { id, leaf: leafHash(entry, crypto), signature };
}

/** The id of an entry, shown or withheld. */
export function idOf(signed: Uint8Array, crypto: Crypto): Uint8Array {
  return readWithheld(signed)?.id ?? crypto.sha256(signed.subarray(SIGNATURE_BYTES));
}
