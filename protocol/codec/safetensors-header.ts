/**
 * A strict parser of the JSON header of a safetensors file: its grammar and no more, every key once, sizes as plain whole numbers.
 *
 * Not JSON.parse, for two reasons. It keeps the last of several equal keys in silence, where another parser may keep the first.
 * And V8 up to 14.6 (Node 24 and 26) misreads escaped keys after certain other texts, `{"m":0,"\"":0}` as a key `\`
 * (nodejs/node#63785), so that a name would depend on what the process read before; a string by itself is read right.
 */
import { decodeUtf8 } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";

/** A tensor of the header as written: its dtype may be unknown, its offsets may be nonsense. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly offsets: readonly number[];
}

export interface Header {
  /** In order of the text. */
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

export const METADATA = "__metadata__";

/** A text and how far it has been read. */
interface Cursor {
  readonly text: string;
  at: number;
}

/** @throws HearsayError ERR_DECODE for any other text than {name: {dtype, shape, data_offsets}, "__metadata__": {text: text}}. */
export function parseHeader(bytes: Uint8Array): Header {
  const cursor: Cursor = { text: decodeUtf8(bytes) ?? noText(), at: 0 };
  const entries: HeaderEntry[] = [];
  const metadata: [string, string][] = [];
  if (cursor.text[0] !== "{") fail(cursor, '"{"');
  readObject(cursor, (key) => {
    if (key === METADATA) readObject(cursor, (name) => metadata.push([name, readString(cursor)]));
    else entries.push(readEntry(cursor, key));
  });
  if (!/^ *$/.test(cursor.text.slice(cursor.at))) fail(cursor, "nothing but spaces");
  return { entries, metadata: Object.fromEntries(metadata) };
}

function readEntry(cursor: Cursor, name: string): HeaderEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  readObject(cursor, (key) => {
    if (key === "dtype") dtype = readString(cursor);
    else if (key === "shape") shape = readSizes(cursor);
    else if (key === "data_offsets") offsets = readSizes(cursor);
    else throw malformed(`tensor ${quoted(name)} has an unknown field ${quoted(key)}`);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    throw malformed(`tensor ${quoted(name)} lacks dtype, shape or data_offsets`);
  }
  return { name, dtype, shape, offsets };
}

/** @param field reads the value of a key. */
function readObject(cursor: Cursor, field: (key: string) => void): void {
  const keys = new Set<string>();
  readList(cursor, "{", "}", () => {
    const key = readString(cursor);
    if (keys.has(key)) throw malformed(`key ${quoted(key)} stands twice in the header`);
    keys.add(key);
    readSymbol(cursor, ":");
    field(key);
  });
}

function readSizes(cursor: Cursor): number[] {
  const values: number[] = [];
  readList(cursor, "[", "]", () => {
    skipSpace(cursor);
    const { text, at } = cursor;
    const [digits = ""] = /^(?:0|[1-9]\d{0,15})(?!\d)/.exec(text.slice(at, at + 17)) ?? [];
    if (digits === "" || !Number.isSafeInteger(Number(digits))) fail(cursor, "a size");
    cursor.at += digits.length;
    values.push(Number(digits));
  });
  return values;
}

function readString(cursor: Cursor): string {
  readSymbol(cursor, '"');
  const { text } = cursor;
  const start = cursor.at - 1;
  while (cursor.at < text.length && text[cursor.at] !== '"') cursor.at += text[cursor.at] === "\\" ? 2 : 1;
  cursor.at++;
  try {
    const value: string = JSON.parse(text.slice(start, cursor.at));
    if (value.isWellFormed()) return value;
  } catch {
    // fall through: a bad escape, a control character, or no end
  }
  cursor.at = start;
  return fail(cursor, "a string");
}

/** Items between brackets, separated by commas. */
function readList(cursor: Cursor, open: string, close: string, item: () => void): void {
  const { text } = cursor;
  readSymbol(cursor, open);
  skipSpace(cursor);
  if (text[cursor.at] !== close) {
    for (item(), skipSpace(cursor); text[cursor.at] === ","; item(), skipSpace(cursor)) cursor.at++;
  }
  readSymbol(cursor, close);
}

function readSymbol(cursor: Cursor, wanted: string): void {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== wanted) fail(cursor, `"${wanted}"`);
  cursor.at++;
}

function skipSpace(cursor: Cursor): void {
  const { text } = cursor;
  for (let next = text[cursor.at]; next === " " || next === "\n" || next === "\r" || next === "\t"; ) {
    next = text[++cursor.at];
  }
}

function fail({ at }: Cursor, expected: string): never {
  throw malformed(`${expected} expected at character ${at} of the header`);
}

export function malformed(message: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_DECODE", `not a safetensors file: ${message}`, {}, cause);
}

/** A name of the file in quotes, cut where it is long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name);
}

function noText(): never {
  throw malformed("the header is no UTF-8");
}
