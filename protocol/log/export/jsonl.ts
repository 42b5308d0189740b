/**
 * A log as text, one JSON object a line, for people and for other tools:
 *
 *     {"v":1,"publicKey":hex,"task":hex,"generation":n,"size":entries,"checkpoint":note,"cosigned":note,"evidence":[base64, ...]}
 *     {"seq":0,"hash":hex,"prev":hex,"ts":ms,"type":text,"body":{...},"cbor":base64,"sig":base64}
 *     {"seq":1,"hash":hex,"withheld":hex,"sig":base64}          in a redacted export, of an entry that names others: its id and leaf (withheld.ts)
 *     ...
 *
 * Only `cbor` (the entry) and `sig` (its signature) are evidence. The rest is a view of them, in which bytes are lower-case
 * hexadecimal text. An entry has one line and no other: a reader computes it again and compares, so that no byte of a file can be
 * changed unseen. Every line ends with "\n". Files from before 2026-11-24 have no first line, and so cannot show that they were cut.
 */
import { base64pad } from "multiformats/bases/base64";
import { concatBytes, decodeUtf8, fromHex, toHex } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Crypto } from "../../base/seams.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import { type ChainReason, chainError } from "../entry/chain-error.ts";
import { type Entry, readEntry } from "../entry/entry.ts";
import { EXPORT_VERSION, type ExportedLog, type ExportHeader, headerFrom } from "./exported.ts";
import { encodeWithheld, readWithheld } from "./withheld.ts";

/** Longest line that is read, in bytes: an entry in base64 (4/3) with its bytes in hexadecimal (2), or two notes and a few proofs. */
const MAX_LINE_BYTES = 4 * LIMITS.maxLogEntryBytes;
const NEWLINE = 0x0a;
const ENTRY_START = '{"seq":';

/** The first line, without a line break. */
export function formatHeader(header: ExportHeader): string {
  const { publicKey, task, generation, size, checkpoint, cosigned, evidence } = header;
  return JSON.stringify({
    v: EXPORT_VERSION,
    publicKey: toHex(publicKey),
    task: toHex(task),
    generation,
    size,
    checkpoint,
    cosigned,
    evidence: evidence.map((proof) => base64pad.baseEncode(proof)),
  });
}

/** The line of an entry, without a line break. */
export function formatLine({ seq, id, prev, tsMs, type, body, signed }: Entry): string {
  const view = { seq, hash: toHex(id), prev: toHex(prev), ts: tsMs, type, body: readable(body) };
  const cbor = base64pad.baseEncode(signed.subarray(SIGNATURE_BYTES));
  const sig = base64pad.baseEncode(signed.subarray(0, SIGNATURE_BYTES));
  return JSON.stringify({ ...view, cbor, sig });
}

/** The whole file, in pieces. `entries`: signature | entry, as many as the header says. */
export async function* writeJsonl(
  header: ExportHeader,
  entries: AsyncIterable<Uint8Array>,
  crypto: Crypto,
): AsyncIterable<string> {
  yield `${formatHeader(header)}\n`;
  let seq = 0;
  for await (const signed of entries) yield `${lineOf(signed, seq++, crypto)}\n`;
}

function lineOf(signed: Uint8Array, seq: number, crypto: Crypto): string {
  const withheld = readWithheld(signed);
  if (withheld === undefined) return formatLine(readEntry(signed, crypto));
  const { id, leaf, signature } = withheld;
  return JSON.stringify({ seq, hash: toHex(id), withheld: toHex(leaf), sig: base64pad.baseEncode(signature) });
}

/** What a line holds, signature | entry or as withheld.ts has it; `seq` is its place. @throws HearsayError as `parseLine`. */
function signedIn(line: string, seq: number, crypto: Crypto): Uint8Array {
  const { hash, withheld, sig } = parseObject(line);
  if (withheld === undefined) return parseLine(line, crypto).signed;
  const [id, leaf] = [hash, withheld].map((text) => (typeof text === "string" ? fromHex(text) : undefined));
  const signature = fromBase64("sig", sig);
  if (id?.length !== 32 || leaf?.length !== 32 || signature.length !== SIGNATURE_BYTES)
    throw new HearsayError("ERR_DECODE", "a withheld entry has a hash, a leaf and a signature");
  const signed = encodeWithheld({ id, leaf, signature });
  if (lineOf(signed, seq, crypto) !== line)
    throw new HearsayError("ERR_NOT_CANONICAL", "the line of a withheld entry is not as it is written", {
      reason: "view",
    });
  return signed;
}

/**
 * The header of a line. @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL.
 */
export function parseHeader(line: string): ExportHeader {
  const value = parseObject(line);
  const [publicKey, task] = [value.publicKey, value.task].map((text) => typeof text === "string" && fromHex(text));
  const evidence = Array.isArray(value.evidence) && value.evidence.map((proof) => fromBase64("evidence", proof));
  const header = headerFrom({ ...value, publicKey, task, evidence });
  if (header === undefined) throw new HearsayError("ERR_DECODE", "the first line is no header of an exported log");
  if (formatHeader(header) !== line)
    throw new HearsayError("ERR_NOT_CANONICAL", "the first line is not as it is written");
  return header;
}

/**
 * The entry of a line; its signature is not verified.
 * @throws HearsayError ERR_DECODE | ERR_TOO_LARGE | ERR_NOT_CANONICAL, the last also where the line shows something else than it proves.
 */
export function parseLine(line: string, crypto: Crypto): Entry {
  const { cbor, sig } = parseObject(line);
  const signature = fromBase64("sig", sig);
  if (signature.length !== SIGNATURE_BYTES)
    throw new HearsayError("ERR_DECODE", `sig has ${signature.length} bytes, not ${SIGNATURE_BYTES}`);
  const entry = readEntry(concatBytes(signature, fromBase64("cbor", cbor)), crypto);
  if (formatLine(entry) !== line)
    throw new HearsayError("ERR_NOT_CANONICAL", "the line shows something else than was signed", { reason: "view" });
  return entry;
}

/** Reads a file. @throws HearsayError ERR_LOG_CHAIN, as do the streams (`ExportedLog`). */
export async function readJsonl(chunks: AsyncIterable<Uint8Array>, crypto: Crypto): Promise<ExportedLog> {
  const lines = linesOf(chunks);

  /** What `parse` makes of the next line; undefined at the end. */
  async function next<T>(seq: number, parse: (line: string) => T): Promise<T | undefined> {
    try {
      const { done, value } = await lines.next();
      return done === true ? undefined : parse(value);
    } catch (cause) {
      if (!isHearsayError(cause)) throw cause;
      throw chainError(seq, (cause.details.reason as ChainReason | undefined) ?? "decode", cause.message, cause);
    }
  }

  const start = await next<Uint8Array | ExportHeader>(0, (line) =>
    line.startsWith(ENTRY_START) ? signedIn(line, 0, crypto) : parseHeader(line),
  );
  if (start === undefined) throw chainError(0, "cut", "the file is empty");
  const first = start;

  async function* entries(): AsyncGenerator<Uint8Array> {
    let seq = 0;
    const read = (line: string) => signedIn(line, seq, crypto);
    let signed = first instanceof Uint8Array ? first : await next(seq, read);
    while (signed !== undefined) {
      yield signed;
      seq += 1;
      signed = await next(seq, read);
    }
  }
  return { header: first instanceof Uint8Array ? undefined : first, entries: entries(), blobs: none() };
}

/** The lines, without their ends. A byte order mark and bytes that are no UTF-8 are not passed over. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = decodeUtf8(concatBytes(rest, chunk.subarray(start, end)));
      if (line === undefined) throw new HearsayError("ERR_DECODE", "the line is not UTF-8");
      yield line;
      rest = new Uint8Array(0);
      start = end + 1;
    }
    rest = concatBytes(rest, chunk.subarray(start));
    if (rest.length > MAX_LINE_BYTES)
      throw new HearsayError("ERR_TOO_LARGE", `a line of more than ${MAX_LINE_BYTES} bytes`);
  }
  if (rest.length > 0) throw new HearsayError("ERR_DECODE", "the file ends in the middle of a line", { reason: "cut" });
  return undefined;
}

async function* none(): AsyncGenerator<never> {}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new HearsayError("ERR_DECODE", "the line is not JSON", {}, cause);
  }
  if (typeof value !== "object" || value === null) throw new HearsayError("ERR_DECODE", "the line is no JSON object");
  return value as Record<string, unknown>;
}

function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, readable(part)]));
}

function fromBase64(name: string, text: unknown): Uint8Array {
  if (typeof text !== "string") throw new HearsayError("ERR_DECODE", `${name} is missing`);
  try {
    return base64pad.baseDecode(text);
  } catch (cause) {
    throw new HearsayError("ERR_DECODE", `${name} is not base64`, {}, cause);
  }
}
