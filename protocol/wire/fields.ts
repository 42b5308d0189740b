/** The fields of requests and answers: strict DAG-CBOR arrays of a version and what follows, each taken apart or refused. */
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { decodeCanonical } from "./canonical.ts";
import { isBytes32, isCount } from "./values.ts";

/** The version of the protocol that this software speaks: the first element of every message, and the number in the name of every protocol. */
export const PROTOCOL_VERSION = 2;

/**
 * The elements of a message of this version, the version among them: at least `length` of them. What follows them is of the future and is passed over,
 * so that later versions can add fields. Only for messages that nobody signs: what is signed has one form.
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL | ERR_VERSION.
 */
export function fields(bytes: Uint8Array, length: number, maxBytes: number = LIMITS.maxFrameBytes): unknown[] {
  const value = decodeCanonical(bytes, maxBytes);
  if (!Array.isArray(value)) throw malformed("not a list that begins with a version");
  const version: unknown = value[0];
  if (isCount(version) && version > 0 && version !== PROTOCOL_VERSION) throw otherVersion(version);
  if (version !== PROTOCOL_VERSION || value.length < length)
    throw malformed(`not a version ${PROTOCOL_VERSION} message`);
  return value;
}

/** @param theirs a version that is not PROTOCOL_VERSION. */
export function otherVersion(theirs: number): HearsayError {
  const older = theirs > PROTOCOL_VERSION ? "this peer" : "that peer";
  return new HearsayError(
    "ERR_VERSION",
    `speaks hearsay/${theirs}, this is hearsay/${PROTOCOL_VERSION}: update ${older}`,
    {
      version: theirs,
    },
  );
}

export function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed("not a list");
}

export function binary(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw malformed("not bytes");
}

export function bytes32(value: unknown): Uint8Array {
  if (isBytes32(value)) return value;
  throw malformed("not 32 bytes");
}

export function count(value: unknown): number {
  if (isCount(value)) return value;
  throw malformed("a number is not in 0 .. 2^53-1");
}

export function text(value: unknown, maxLength: number): string {
  if (typeof value === "string" && value.length <= maxLength) return value;
  throw malformed(`a text is missing or longer than ${maxLength}`);
}

export function malformed(message: string): HearsayError {
  return new HearsayError("ERR_DECODE", message);
}
