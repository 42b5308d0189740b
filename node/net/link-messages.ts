/**
 * The messages of a link: one stream that stays open and carries the requests and announcements of one end of a connection, and the answers. Each message is
 * a frame (unsigned-varint length, bytes).
 *
 *   to the answerer   number, service, body     number 1, 2, ...: of a request, below 2^16, free again when its answer has come
 *                     0, service, name          from now on the service has this name; numbers of services are 0, 1, ... in this order
 *                     0, service, delta         of a service that has a name: an announcement of that topic (link-delta.ts)
 *                     0, service, changes       the same of a service whose name has the part `brief`: numbers (link-numbers.ts)
 *   to the asker      number, status, body      status 0: the answer; 1: body is an error code; 2: not served; 3: the answerer failed
 *
 * Numbers are unsigned varints. So a request costs three bytes more than what it says, and no protocol is chosen for it.
 */
import { concatBytes, utf8 } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import { readVarint, varintOf } from "../../protocol/wire/numbers.ts";

/** Of libp2p; both ends open one each when they first ask. */
export const LINK_PROTOCOL = "/hearsay/link/1.0.0";

/** Of number and service, or number and status. */
const MAX_HEAD_BYTES = 6;
export const MAX_ASKED_BYTES: number = MAX_HEAD_BYTES + LIMITS.maxRequestBytes;
export const MAX_ANSWERED_BYTES: number = MAX_HEAD_BYTES + LIMITS.maxFrameBytes;

/** How an answer ends; the numbers are those on the wire. */
export const STATUS = { ok: 0, refused: 1, notServed: 2, failed: 3 } as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];

/** Two numbers and what follows them: a request (number, service, body), a name (0, service, name), or an answer (number, status, body). */
export interface LinkMessage {
  readonly number: number;
  readonly second: number;
  /** A view. */
  readonly body: Uint8Array;
}

/** Whether what is announced under this name is numbers, and no bytes. */
export function isOfNumbers(name: string): boolean {
  return name.includes("/brief/");
}

/** What stands before the body. */
export function headOf(number: number, second: number): Uint8Array {
  return Uint8Array.from([...varintOf(number), ...varintOf(second)]);
}

export function encodeName(service: number, name: string): Uint8Array {
  return concatBytes(headOf(0, service), utf8(name));
}

/** @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL where there are not two numbers below 2^16. */
export function decodeLinkMessage(frame: Uint8Array): LinkMessage {
  const first = readNumber(frame, 0);
  const second = readNumber(frame, first.end);
  return { number: first.value, second: second.value, body: frame.subarray(second.end) };
}

/** @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL where there is none below 2^16. */
export function readNumber(bytes: Uint8Array, start: number): ReturnType<typeof readVarint> {
  const read = readVarint(bytes, start);
  if (read.value < 0x10000) return read;
  throw new HearsayError("ERR_DECODE", "no number below 2^16 where a message of a link has one");
}
