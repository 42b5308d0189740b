/**
 * A log as text, one JSON object a line, for people and for other tools:
 *
 *     {"seq":0,"hash":hex,"prev":hex,"ts":ms,"type":text,"body":{...},"cbor":base64,"sig":base64}
 *
 * Only `cbor` (the entry) and `sig` (its signature) are evidence. The rest is a view of them, in which bytes are lower-case
 * hexadecimal text; verification recomputes the view, and a line that shows something else than was signed is bad.
 */
import { base64pad } from "multiformats/bases/base64";
import { concatBytes, toHex } from "../bytes.ts";
import { HearsayError, isHearsayError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { SIGNATURE_BYTES } from "../wire/envelope.ts";
import type { Entry } from "./entry.ts";
import { chainError, type Verification, type VerifyOptions, verifyLog } from "./verify.ts";

/** A line as it was read: the evidence, and the view that nobody has checked yet. */
export interface LogLine {
  readonly signed: Uint8Array;
  readonly view: Readonly<Record<string, unknown>>;
}

/** Longest line that is parsed: the entry in base64 (4/3) and its bytes in hexadecimal (2) fit in. */
const MAX_LINE_LENGTH = 4 * LIMITS.maxLogEntryBytes;

/** The line of an entry, without a line break. */
export function formatLine(entry: Entry): string {
  const cbor = base64pad.baseEncode(entry.signed.subarray(SIGNATURE_BYTES));
  const sig = base64pad.baseEncode(entry.signed.subarray(0, SIGNATURE_BYTES));
  return JSON.stringify({ ...viewOf(entry), cbor, sig });
}

/**
 * Reads a line; nothing is verified yet.
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE.
 */
export function parseLine(line: string): LogLine {
  if (line.length > MAX_LINE_LENGTH)
    throw new HearsayError("ERR_TOO_LARGE", `a line of ${line.length} characters, at most ${MAX_LINE_LENGTH}`);
  let view: unknown;
  try {
    view = JSON.parse(line);
  } catch (cause) {
    throw new HearsayError("ERR_DECODE", "the line is not JSON", {}, cause);
  }
  if (typeof view !== "object" || view === null) throw new HearsayError("ERR_DECODE", "the line is no JSON object");
  const { cbor, sig, ...rest } = view as Record<string, unknown>;
  const signature = fromBase64("sig", sig);
  if (signature.length !== SIGNATURE_BYTES)
    throw new HearsayError("ERR_DECODE", `sig has ${signature.length} bytes, not ${SIGNATURE_BYTES}`);
  return { signed: concatBytes(signature, fromBase64("cbor", cbor)), view: rest };
}

/**
 * Verifies an exported log, line by line. A line that cannot be read is bad for the reason "decode", one whose view
 * contradicts its evidence for "view".
 */
export async function verifyLines(
  lines: AsyncIterable<string> | Iterable<string>,
  options: VerifyOptions,
): Promise<Verification> {
  let view: LogLine["view"] = {};

  async function* evidence(): AsyncIterable<Uint8Array> {
    let seq = 0;
    for await (const line of lines) {
      const parsed = parseLineOf(seq, line);
      view = parsed.view;
      yield parsed.signed;
      seq += 1;
    }
  }

  function onEntry(entry: Entry): void {
    const difference = viewFault(view, viewOf(entry));
    if (difference !== undefined)
      throw chainError(entry.seq, "view", `the line shows another ${difference} than was signed`);
    options.onEntry?.(entry);
  }

  return verifyLog(evidence(), { ...options, onEntry });
}

function viewOf({ seq, id, prev, tsMs, type, body }: Entry): Record<string, unknown> {
  return { seq, hash: toHex(id), prev: toHex(prev), ts: tsMs, type, body: readable(body) };
}

function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, readable(part)]));
}

/** The name of a field in which the two differ, in either direction. */
function viewFault(shown: Readonly<Record<string, unknown>>, signed: Record<string, unknown>): string | undefined {
  const names = new Set([...Object.keys(signed), ...Object.keys(shown)]);
  return [...names].find((name) => !Object.hasOwn(signed, name) || !sameJson(shown[name], signed[name]));
}

/** Equality of JSON values whatever the order of keys; recursion is bounded by the depth of `b`. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const names = Object.keys(right);
  return (
    Object.keys(left).length === names.length &&
    names.every((name) => Object.hasOwn(left, name) && sameJson(left[name], right[name]))
  );
}

function parseLineOf(seq: number, line: string): LogLine {
  try {
    return parseLine(line);
  } catch (cause) {
    if (!isHearsayError(cause)) throw cause;
    throw chainError(seq, "decode", cause.message, cause);
  }
}

function fromBase64(name: string, text: unknown): Uint8Array {
  if (typeof text !== "string") throw new HearsayError("ERR_DECODE", `${name} is missing`);
  try {
    return base64pad.baseDecode(text);
  } catch (cause) {
    throw new HearsayError("ERR_DECODE", `${name} is not base64`, {}, cause);
  }
}
