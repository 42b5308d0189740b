/**
 * How two peers make their books of releases alike: the asker says what it has, and gets what it lacks. The peer that is asked sees what it lacks itself, and asks in turn.
 *
 *     request  [2, the first 8 bytes of the id of each statement that the asker has, one after the other]
 *     answer   [2, [statement, ...]]
 */
import { toHex } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import { encodeCanonical } from "../wire/canonical.ts";
import { binary, fields, list, malformed, PROTOCOL_VERSION } from "../wire/fields.ts";
import type { Statement } from "./statements.ts";

const SHORT_BYTES = 8;

/** The name of a statement in a request. */
export function shortId({ id }: Pick<Statement, "id">): string {
  return toHex(id.subarray(0, SHORT_BYTES));
}

export function encodeReleaseRequest(has: readonly Pick<Statement, "id">[]): Uint8Array {
  const ids = new Uint8Array(SHORT_BYTES * has.length);
  for (const [i, { id }] of has.entries()) ids.set(id.subarray(0, SHORT_BYTES), SHORT_BYTES * i);
  return encodeCanonical([PROTOCOL_VERSION, ids]);
}

/** The short ids that a request names. @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL | ERR_VERSION. */
export function decodeReleaseRequest(bytes: Uint8Array): Set<string> {
  const [, ids] = fields(bytes, 2, LIMITS.maxRequestBytes);
  const all = binary(ids);
  if (all.length % SHORT_BYTES !== 0) throw malformed("ids that are cut short");
  const names = new Set<string>();
  for (let at = 0; at < all.length; at += SHORT_BYTES) names.add(toHex(all.subarray(at, at + SHORT_BYTES)));
  return names;
}

/** As many as fit into an answer. */
export function encodeReleaseAnswer(statements: readonly Pick<Statement, "sealed">[]): Uint8Array {
  const most = Math.floor(LIMITS.maxChunkBytes / (LIMITS.maxAnnouncementBytes + 3));
  return encodeCanonical([PROTOCOL_VERSION, statements.slice(0, most).map(({ sealed }) => sealed)]);
}

export function decodeReleaseAnswer(bytes: Uint8Array): Uint8Array[] {
  const [, statements] = fields(bytes, 2);
  return list(statements).map(binary);
}
