/**
 * Strict DAG-CBOR, the one encoding of everything that is hashed, signed or sent: a value has exactly one encoding, and the
 * decoder refuses every other. Source: the DAG-CBOR specification of IPLD (RFC 8949 with smallest heads, definite lengths,
 * text keys sorted shortest first and then by bytes, floats of 64 bits), less its CIDs, which no message of ours has.
 *
 * Our own codec, because every announcement and chunk goes through it at every peer: `@ipld/dag-cbor` has to decode, encode again
 * and compare to be strict, at ten times the cost. The tests hold the two against each other.
 */
import { decodeUtf8 } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const FLOAT64 = 0xfb;

const TWO_32 = 2 ** 32;
/** Shorter byte strings are copied out of a message, which is cheaper than a view; longer ones are views. */
const COPIED_BYTES = 64;

/** Written to from the start by every call, and copied from: nothing here calls back into the encoder. */
let scratch = new Uint8Array(4096);
let view = new DataView(scratch.buffer);
let end = 0;

/** @throws TypeError for a value outside the data model (undefined, NaN, an infinity, a bigint, a function). */
export function encodeCanonical(value: unknown): Uint8Array {
  end = 0;
  write(value);
  return scratch.slice(0, end);
}

/**
 * The encoding of an array whose last element is `last`, with its bytes at a multiple of eight in memory, so that who gets this very array can look at its
 * numbers without copying them; they are copied once on their way into it.
 */
export function encodeWithBytes(before: readonly unknown[], last: Uint8Array): Uint8Array {
  writeUpTo(before, last);
  const shift = -end & 7;
  const encoded = new Uint8Array(shift + end + last.length).subarray(shift);
  encoded.set(scratch.subarray(0, end));
  encoded.set(last, end);
  return encoded;
}

/** The same in two parts, the second of which is `last` itself. */
export function encodeBeforeBytes(before: readonly unknown[], last: Uint8Array): [head: Uint8Array, last: Uint8Array] {
  writeUpTo(before, last);
  return [scratch.slice(0, end), last];
}

function writeUpTo(before: readonly unknown[], last: Uint8Array): void {
  end = 0;
  writeHead(ARRAY, before.length + 1);
  for (const value of before) write(value);
  writeHead(BYTES, last.length);
}

function write(value: unknown): void {
  if (typeof value === "number") writeNumber(value);
  else if (typeof value === "string") writeText(value);
  else if (typeof value === "boolean") writeByte(value ? TRUE : FALSE);
  else if (value === null) writeByte(NULL);
  else if (value instanceof Uint8Array) writeBytes(BYTES, value);
  else if (Array.isArray(value)) {
    writeHead(ARRAY, value.length);
    for (let i = 0; i < value.length; i++) write(value[i]); // holes are undefined, and refused
  } else if (typeof value === "object" && isPlain(value)) writeMap(value as Record<string, unknown>);
  else throw new TypeError(`${typeof value} is outside the DAG-CBOR data model`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function writeMap(map: Record<string, unknown>): void {
  const keys = Object.keys(map).sort(compareKeys);
  writeHead(MAP, keys.length);
  for (const key of keys) {
    writeText(key);
    write(map[key]);
  }
}

function writeNumber(value: number): void {
  if (Number.isSafeInteger(value)) {
    if (value >= 0) writeHead(UINT, value);
    else writeHead(NEGATIVE, -1 - value);
  } else if (Number.isFinite(value)) {
    reserve(9);
    view.setUint8(end, FLOAT64);
    view.setFloat64(end + 1, value);
    end += 9;
  } else throw new TypeError(`${value} is outside the DAG-CBOR data model`);
}

function writeText(text: string): void {
  if (isAscii(text)) {
    writeHead(TEXT, text.length);
    reserve(text.length);
    for (let i = 0; i < text.length; i++) scratch[end + i] = text.charCodeAt(i);
    end += text.length;
  } else {
    if (!text.isWellFormed()) throw new TypeError("a text has half of a surrogate pair");
    writeBytes(TEXT, new TextEncoder().encode(text));
  }
}

function writeBytes(major: number, bytes: Uint8Array): void {
  writeHead(major, bytes.length);
  reserve(bytes.length);
  scratch.set(bytes, end);
  end += bytes.length;
}

function writeByte(byte: number): void {
  reserve(1);
  scratch[end++] = byte;
}

function writeHead(major: number, value: number): void {
  reserve(9);
  const type = major << 5;
  if (value < 24) scratch[end++] = type | value;
  else if (value < 0x100) {
    scratch[end++] = type | 24;
    scratch[end++] = value;
  } else if (value < 0x10000) {
    scratch[end] = type | 25;
    view.setUint16(end + 1, value);
    end += 3;
  } else if (value < TWO_32) {
    scratch[end] = type | 26;
    view.setUint32(end + 1, value);
    end += 5;
  } else {
    scratch[end] = type | 27;
    view.setUint32(end + 1, Math.floor(value / TWO_32));
    view.setUint32(end + 5, value % TWO_32);
    end += 9;
  }
}

function reserve(more: number): void {
  if (end + more <= scratch.length) return;
  const larger = new Uint8Array(Math.max(2 * scratch.length, end + more));
  larger.set(scratch.subarray(0, end));
  scratch = larger;
  view = new DataView(scratch.buffer);
}

/** A message that is being read, and how far. */
interface Reader {
  readonly bytes: Uint8Array;
  /** Byte strings of more bytes are views. */
  readonly copied: number;
  at: number;
}

/**
 * Byte strings of more than `copied` bytes in the value are views into `bytes`. Who keeps both for long gives 0: a copy is made sooner than a view, and
 * takes 80 to 110 bytes more.
 * @throws HearsayError ERR_TOO_LARGE, ERR_DECODE (no DAG-CBOR, or nested deeper than LIMITS.maxDepth), ERR_NOT_CANONICAL.
 */
export function decodeCanonical(bytes: Uint8Array, maxBytes: number, copied: number = COPIED_BYTES): unknown {
  if (bytes.length > maxBytes)
    throw new HearsayError("ERR_TOO_LARGE", `${bytes.length} bytes, at most ${maxBytes} are accepted`);
  const reader = { bytes, copied, at: 0 };
  const value = read(reader, 0);
  if (reader.at !== bytes.length) throw malformed("something follows the value");
  return value;
}

function read(reader: Reader, level: number): unknown {
  if (level > LIMITS.maxDepth) throw malformed(`nested deeper than ${LIMITS.maxDepth}`);
  const initial = nextByte(reader);
  switch (initial >> 5) {
    case UINT:
      return readHead(reader, initial);
    case NEGATIVE:
      return readNegative(reader, initial);
    case BYTES:
      return readBytes(reader, readHead(reader, initial));
    case TEXT:
      return readText(reader, readHead(reader, initial));
    case ARRAY:
      return readArray(reader, readHead(reader, initial), level);
    case MAP:
      return readMap(reader, readHead(reader, initial), level);
  }
  switch (initial) {
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NULL:
      return null;
    case FLOAT64:
      return readFloat(reader);
  }
  throw malformed("a tag, a short float or a simple value outside the DAG-CBOR data model");
}

function readHead(reader: Reader, initial: number): number {
  const info = initial & 31;
  if (info < 24) return info;
  let value: number;
  let least: number;
  if (info === 24) [value, least] = [nextByte(reader), 24];
  else if (info === 25) [value, least] = [readUint(reader, 2), 0x100];
  else if (info === 26) [value, least] = [readUint(reader, 4), 0x10000];
  else if (info === 27) [value, least] = [readUint(reader, 4) * TWO_32 + readUint(reader, 4), TWO_32];
  else throw malformed("an indefinite length");
  if (value < least) throw notCanonical("a number is longer than it need be");
  if (value > Number.MAX_SAFE_INTEGER) throw malformed("a number is above 2^53 - 1");
  return value;
}

function readNegative(reader: Reader, initial: number): number {
  const value = -1 - readHead(reader, initial);
  if (!Number.isSafeInteger(value)) throw malformed("a number is below -(2^53 - 1)");
  return value;
}

function readFloat(reader: Reader): number {
  const { bytes, at } = reader;
  if (at + 8 > bytes.length) throw malformed("cut short");
  reader.at += 8;
  const value = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0);
  if (!Number.isFinite(value)) throw malformed("a float that is no number");
  if (Number.isSafeInteger(value)) throw notCanonical("an integer as a float");
  return value;
}

function readBytes(reader: Reader, length: number): Uint8Array {
  const start = advance(reader, length);
  const { bytes, copied } = reader;
  if (length > copied) return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
  const copy = new Uint8Array(length);
  for (let i = 0; i < length; i++) copy[i] = bytes[start + i] as number;
  return copy;
}

function readText(reader: Reader, length: number): string {
  const start = advance(reader, length);
  const { bytes } = reader;
  let text = "";
  for (let i = start; i < start + length; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return unicode(bytes.subarray(start, start + length));
    text += String.fromCharCode(byte);
  }
  return text;
}

function unicode(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw malformed("a text is not UTF-8");
  return text;
}

function readArray(reader: Reader, length: number, level: number): unknown[] {
  if (length > reader.bytes.length - reader.at) throw malformed("cut short"); // every element takes a byte
  const array: unknown[] = [];
  for (let i = 0; i < length; i++) array.push(read(reader, level + 1));
  return array;
}

function readMap(reader: Reader, length: number, level: number): Record<string, unknown> {
  if (2 * length > reader.bytes.length - reader.at) throw malformed("cut short");
  const map: Record<string, unknown> = {};
  let before: string | undefined;
  for (let i = 0; i < length; i++) {
    const initial = nextByte(reader);
    if (initial >> 5 !== TEXT) throw malformed("a map key that is no text");
    const key = readText(reader, readHead(reader, initial));
    if (before !== undefined && compareKeys(before, key) >= 0) throw notCanonical("map keys out of order, or twice");
    before = key;
    const value = read(reader, level + 1);
    if (key === "__proto__")
      Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    else map[key] = value;
  }
  return map;
}

function readUint(reader: Reader, length: number): number {
  const start = advance(reader, length);
  let value = 0;
  for (let i = start; i < start + length; i++) value = value * 256 + (reader.bytes[i] as number);
  return value;
}

function nextByte(reader: Reader): number {
  return reader.bytes[advance(reader, 1)] as number;
}

/** Where the next `length` bytes start. */
function advance(reader: Reader, length: number): number {
  const start = reader.at;
  if (length > reader.bytes.length - start) throw malformed("cut short");
  reader.at = start + length;
  return start;
}

/** Shortest first, then by bytes. Of UTF-8: texts of ASCII, which all keys of ours are, compare alike as UTF-16. */
function compareKeys(a: string, b: string): number {
  if (!isAscii(a) || !isAscii(b)) return compareUtf8(a, b);
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

function compareUtf8(a: string, b: string): number {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  if (x.length !== y.length) return x.length - y.length;
  const at = x.findIndex((byte, i) => byte !== y[i]);
  return at < 0 ? 0 : (x[at] as number) - (y[at] as number);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

function malformed(what: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_DECODE", `not DAG-CBOR: ${what}`, {}, cause);
}

function notCanonical(what: string): HearsayError {
  return new HearsayError("ERR_NOT_CANONICAL", `not the canonical encoding of its value: ${what}`);
}
