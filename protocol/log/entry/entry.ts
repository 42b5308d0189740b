/**
 * One entry of a log: strict DAG-CBOR, hashed, signed over the hash.
 *
 *     entry  = [version, logId (32), seq, prev (32), tsMs, type, body]  version 1 or 2 (bodies.ts); at most LIMITS.maxLogEntryBytes
 *     id     = SHA-256(entry)
 *     logId  = SHA-256("hearsay/log-id/v1" 00 publicKey task)           one log per key and task; where that can't be gone on with,
 *              SHA-256("hearsay/log-id/v1" 00 publicKey task g)         the next generation g of it, from 1, in 4 bytes, big end first
 *     signed = signature of id in the domain "log-entry" (64) | entry   as it is stored and sent
 *
 * Since `prev` is the id of the entry before, a signature vouches for the whole log up to it. `tsMs` is the writer's clock
 * and proves nothing. What one entry means is in `bodies.ts`, what makes a sequence of them a log in `log/verify/verifier.ts`.
 */
import { concatBytes, utf8 } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Crypto, Identity } from "../../base/seams.ts";
import { decodeCanonical, encodeCanonical } from "../../wire/canonical.ts";
import { SIGNATURE_BYTES, signIn, verifyIn } from "../../wire/envelope.ts";
import { isBytes32, isCount } from "../../wire/values.ts";
import type { LogVersion, Statement } from "./bodies.ts";
import { bodyFault } from "./body-fields.ts";

/** Where an entry stands. */
export interface EntryPlace {
  readonly logId: Uint8Array;
  /** 0 for the genesis, then 1, 2, ... */
  readonly seq: number;
  /** Id of the entry before; 32 zero bytes for the genesis. */
  readonly prev: Uint8Array;
  /** Milliseconds since the Unix epoch by the writer's clock; never less than in the entry before. */
  readonly tsMs: number;
}

/** What the bytes of an entry say, signed or not. */
export type EntryContent = EntryPlace & Statement;

export type Entry = EntryContent & {
  readonly version: LogVersion;
  readonly id: Uint8Array;
  /** signature | entry: store, send and export this. */
  readonly signed: Uint8Array;
};

/** What is written. */
const VERSION = 2;
const LOG_ID_PREFIX = utf8("hearsay/log-id/v1\0");

/** Id of the log, of some generation, that a key writes about a task. */
export function logIdOf(publicKey: Uint8Array, taskId: Uint8Array, crypto: Crypto, generation = 0): Uint8Array {
  const suffix = new Uint8Array(generation === 0 ? 0 : 4);
  if (generation > 0) new DataView(suffix.buffer).setUint32(0, generation);
  return crypto.sha256(concatBytes(LOG_ID_PREFIX, publicKey, taskId, suffix));
}

/** Encodes and signs. Throws TypeError for a place or body outside the format, or one that makes the entry too long. */
export function createEntry(
  content: EntryContent,
  identity: Identity,
  crypto: Crypto,
  version: LogVersion = VERSION,
): Entry {
  const { logId, seq, prev, tsMs, type, body } = content;
  const fault = placeFault(content) ?? bodyFault(version, type, body);
  if (fault !== undefined) throw new TypeError(fault);
  const bytes = encodeCanonical([version, logId, seq, prev, tsMs, type, body]);
  if (bytes.length > LIMITS.maxLogEntryBytes)
    throw new TypeError(`an entry of ${bytes.length} bytes; at most ${LIMITS.maxLogEntryBytes} are permitted`);
  const id = crypto.sha256(bytes);
  return { ...content, version, id, signed: concatBytes(signIn("log-entry", id, identity), bytes) };
}

/**
 * Decodes the bytes of an entry without its signature.
 * @throws HearsayError ERR_TOO_LARGE | ERR_NOT_CANONICAL | ERR_DECODE.
 */
export function decodeEntry(bytes: Uint8Array): EntryContent & { readonly version: LogVersion } {
  const value = decodeCanonical(bytes, LIMITS.maxLogEntryBytes);
  if (!Array.isArray(value) || value.length !== 7) throw new HearsayError("ERR_DECODE", "an entry is an array of 7");
  const [version, logId, seq, prev, tsMs, type, body] = value as unknown[];
  const place = { logId, seq, prev, tsMs };
  if (version !== 1 && version !== 2)
    throw new HearsayError("ERR_DECODE", `an entry of version ${String(version)}; this software reads 1 and 2`);
  const fault = placeFault(place) ?? bodyFault(version, type, body);
  if (fault !== undefined) throw new HearsayError("ERR_DECODE", fault);
  return { ...place, version, type, body } as EntryContent & { readonly version: LogVersion };
}

/**
 * Decodes signature | entry and computes the id; does not look at the signature (`signatureHolds` does).
 * @throws HearsayError as `decodeEntry`.
 */
export function readEntry(signed: Uint8Array, crypto: Crypto): Entry {
  if (signed.length <= SIGNATURE_BYTES) throw new HearsayError("ERR_DECODE", "too short for a signed entry");
  const bytes = signed.subarray(SIGNATURE_BYTES);
  return { ...decodeEntry(bytes), id: crypto.sha256(bytes), signed };
}

/** True where `publicKey` signed the entry. */
export function signatureHolds(entry: Entry, crypto: Crypto, publicKey: Uint8Array): boolean {
  return verifyIn("log-entry", entry.id, entry.signed.subarray(0, SIGNATURE_BYTES), crypto, publicKey);
}

function placeFault(place: { logId: unknown; seq: unknown; prev: unknown; tsMs: unknown }): string | undefined {
  if (!isBytes32(place.logId)) return "logId is not 32 bytes";
  if (!isCount(place.seq)) return "seq is not an integer in 0 .. 2^53-1";
  if (!isBytes32(place.prev)) return "prev is not 32 bytes";
  if (!isCount(place.tsMs)) return "tsMs is not an integer in 0 .. 2^53-1";
  return undefined;
}
