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

/** @throws HearsayError ERR_DECODE for any other text than {name: {dtype, shape, data_offsets}, "__metadata__": {text: text}}. */
export function parseHeader(bytes: Uint8Array): Header {
  const text = decodeUtf8(bytes) ?? noText();
  let at = 0;

  function fail(expected: string): never {
    throw malformed(`${expected} expected at character ${at} of the header`);
  }

  function space(): void {
    while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at++;
  }

  function symbol(wanted: string): void {
    space();
    if (text[at] !== wanted) fail(`"${wanted}"`);
    at++;
  }

  /** Items between brackets, separated by commas. */
  function list(open: string, close: string, item: () => void): void {
    symbol(open);
    space();
    if (text[at] !== close) {
      for (item(), space(); text[at] === ","; item(), space()) at++;
    }
    symbol(close);
  }

  function string(): string {
    symbol('"');
    const start = at - 1;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at++;
    try {
      const value: string = JSON.parse(text.slice(start, at));
      if (value.isWellFormed()) return value;
    } catch {
      // fall through: a bad escape, a control character, or no end
    }
    at = start;
    return fail("a string");
  }

  function sizes(): number[] {
    const values: number[] = [];
    list("[", "]", () => {
      space();
      const [digits = ""] = /^(?:0|[1-9]\d{0,15})(?!\d)/.exec(text.slice(at, at + 17)) ?? [];
      if (digits === "" || !Number.isSafeInteger(Number(digits))) fail("a size");
      at += digits.length;
      values.push(Number(digits));
    });
    return values;
  }

  function object(field: (key: string) => void): void {
    const keys = new Set<string>();
    list("{", "}", () => {
      const key = string();
      if (keys.has(key)) throw malformed(`key ${quoted(key)} stands twice in the header`);
      keys.add(key);
      symbol(":");
      field(key);
    });
  }

  function entry(name: string): HeaderEntry {
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    object((key) => {
      if (key === "dtype") dtype = string();
      else if (key === "shape") shape = sizes();
      else if (key === "data_offsets") offsets = sizes();
      else throw malformed(`tensor ${quoted(name)} has an unknown field ${quoted(key)}`);
    });
    if (dtype === undefined || shape === undefined || offsets === undefined) {
      throw malformed(`tensor ${quoted(name)} lacks dtype, shape or data_offsets`);
    }
    return { name, dtype, shape, offsets };
  }

  const entries: HeaderEntry[] = [];
  const metadata: [string, string][] = [];
  if (text[0] !== "{") fail('"{"');
  object((key) => {
    if (key === METADATA) object((name) => metadata.push([name, string()]));
    else entries.push(entry(key));
  });
  if (!/^ *$/.test(text.slice(at))) fail("nothing but spaces");
  return { entries, metadata: Object.fromEntries(metadata) };
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
