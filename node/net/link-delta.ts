/**
 * Announcements of one author are alike: task, key, version and minute are those of the one before. On a link an announcement leaves out what stands at the
 * same place in the one before it of the same name:
 *
 *     same, n, n bytes, same, n, n bytes, ...      so many bytes as before, then n others; numbers are unsigned varints
 *
 * The first is held against nothing: 0, n, n bytes.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import { varintOf } from "../../protocol/wire/numbers.ts";
import { readNumber } from "./link-messages.ts";

/** Shorter equal runs cost as much as they save. */
const LEAST_RUN = 4;

export function encodeDelta(before: Uint8Array, body: Uint8Array): Uint8Array {
  const parts: number[] = [];
  for (let at = 0; at < body.length; ) {
    const same = sameFrom(before, body, at);
    const start = at + same;
    let end = start;
    while (end < body.length && sameFrom(before, body, end) < LEAST_RUN) end++;
    parts.push(...varintOf(same), ...varintOf(end - start), ...body.subarray(start, end));
    at = end;
  }
  return Uint8Array.from(parts);
}

/** @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL for what is no delta; ERR_TOO_LARGE where the whole has more than `maxBytes`. */
export function decodeDelta(before: Uint8Array, delta: Uint8Array, maxBytes: number): Uint8Array {
  const whole = new Uint8Array(maxBytes);
  let length = 0;
  for (let at = 0; at < delta.length; ) {
    const same = readNumber(delta, at);
    const other = readNumber(delta, same.end);
    at = other.end + other.value;
    if (length + same.value > before.length || at > delta.length)
      throw new HearsayError("ERR_DECODE", "an announcement that repeats what was not there");
    if (length + same.value + other.value > maxBytes)
      throw new HearsayError("ERR_TOO_LARGE", `an announcement of more than ${maxBytes} bytes`);
    whole.set(before.subarray(length, length + same.value), length);
    whole.set(delta.subarray(other.end, at), length + same.value);
    length += same.value + other.value;
  }
  return whole.slice(0, length);
}

function sameFrom(before: Uint8Array, body: Uint8Array, start: number): number {
  let end = start;
  while (end < body.length && end < before.length && before[end] === body[end]) end++;
  return end - start;
}
