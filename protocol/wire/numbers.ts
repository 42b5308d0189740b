/**
 * Whole numbers from 0 to 2^48, where a few bytes matter: unsigned varints, the least significant seven bits first, one after the other. Zeros at the end are left out.
 * A list has one encoding.
 */
import { HearsayError } from "../base/errors.ts";
import { malformed } from "./fields.ts";

export const MAX_NUMBER: number = 2 ** 48;

/** Bytes of a number below 2^49, of which the differences between two numbers are. */
const MAX_VARINT_BYTES = 7;

/**
 * The bytes of some numbers.
 * @throws RangeError for a number that is not whole, negative or too large.
 */
export function encodeNumbers(numbers: readonly number[]): Uint8Array {
  const length = numbers.findLastIndex((number) => number !== 0) + 1;
  return Uint8Array.from(numbers.slice(0, length).flatMap(varintOf));
}

/** The unsigned varint of a number below 2^49. */
export function varintOf(number: number): number[] {
  if (!Number.isSafeInteger(number) || number < 0 || number >= 2 * MAX_NUMBER)
    throw new RangeError(`${number} is no whole number below 2^49`);
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/**
 * So many numbers, of which those that were left out are zeros.
 * @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL.
 */
export function decodeNumbers(bytes: Uint8Array, length: number): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (numbers.length === length) throw malformed(`more than ${length} numbers`);
    const { value, end } = readVarint(bytes, at);
    numbers.push(value);
    at = end;
  }
  if (numbers.at(-1) === 0) throw new HearsayError("ERR_NOT_CANONICAL", "a list of numbers that ends with zero");
  return [...numbers, ...Array.from({ length: length - numbers.length }, () => 0)];
}

/** The number that begins at a place, and where it ends. @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL. */
export function readVarint(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let [value, unit] = [0, 1];
  for (let at = start; at < Math.min(bytes.length, start + MAX_VARINT_BYTES); at++) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * unit;
    unit *= 0x80;
    if (byte >= 0x80) continue;
    if (byte === 0 && at > start)
      throw new HearsayError("ERR_NOT_CANONICAL", "a number that is longer than it has to be");
    return { value, end: at + 1 };
  }
  throw malformed("a number is cut short, or not below 2^49");
}
