/**
 * Strict DAG-CBOR, the one encoding of everything that is hashed, signed or sent: a decoder re-encodes and compares, so that a
 * value has exactly one encoding. (`@ipld/dag-cbor` sorts map keys length-first, RFC 7049 style; the DAG-CBOR spec asks for that.)
 */
import { decode, encode } from "@ipld/dag-cbor";
import { equalBytes } from "../bytes.ts";
import { HearsayError } from "../errors.ts";
import { LIMITS } from "../limits.ts";

/** @throws TypeError for a value outside the data model (undefined, NaN, an infinity, a function). */
export function encodeCanonical(value: unknown): Uint8Array {
  const bytes = encode(value);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length); // never a Buffer, whose slice() shares memory
}

/**
 * @throws HearsayError ERR_TOO_LARGE, ERR_DECODE (no DAG-CBOR, or nested deeper than LIMITS.maxDepth), ERR_NOT_CANONICAL.
 */
export function decodeCanonical(bytes: Uint8Array, maxBytes: number): unknown {
  if (bytes.length > maxBytes)
    throw new HearsayError("ERR_TOO_LARGE", `${bytes.length} bytes, at most ${maxBytes} are accepted`);
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (cause) {
    throw new HearsayError("ERR_DECODE", "not DAG-CBOR", {}, cause);
  }
  if (depth(value) > LIMITS.maxDepth) throw new HearsayError("ERR_DECODE", `nested deeper than ${LIMITS.maxDepth}`);
  let again: Uint8Array;
  try {
    again = encode(value);
  } catch (cause) {
    throw new HearsayError("ERR_DECODE", "outside the DAG-CBOR data model", {}, cause);
  }
  if (!equalBytes(again, bytes)) throw new HearsayError("ERR_NOT_CANONICAL", "not the canonical encoding of its value");
  return value;
}

function depth(value: unknown, level = 0): number {
  if (level > LIMITS.maxDepth || typeof value !== "object" || value === null || value instanceof Uint8Array)
    return level;
  let deepest = level;
  for (const part of Object.values(value)) deepest = Math.max(deepest, depth(part, level + 1));
  return deepest;
}
