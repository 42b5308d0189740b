/** A writer of protocol buffers, as far as a model needs them (https://protobuf.dev/programming-guides/encoding). */
import { concatBytes, utf8 } from "../../protocol/base/bytes.ts";

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** A whole number from 0 to 2^53 - 1. */
export function number(field: number, value: number): Uint8Array {
  return concatBytes(varint(8 * field + VARINT), varint(value));
}

export function text(field: number, value: string): Uint8Array {
  return data(field, utf8(value));
}

/** Bytes, or a message in parts. */
export function data(field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concatBytes(varint(8 * field + LENGTH_DELIMITED), varint(length), ...parts);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Uint8Array.from([...bytes, rest]);
}
