/** A CSV file, plain or gzipped, as a stream of records: whatever its size, only a buffer of it is in memory. */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type Info, parse } from "csv-parse";
import { HearsayError, isHearsayError } from "../../protocol/errors.ts";

export type Delimiter = "," | ";" | "\t";

const DELIMITERS: readonly Delimiter[] = [",", ";", "\t"];
/** A longer line is a sign of a quote that is never closed: it would be read into memory as one field. */
const MAX_RECORD_CHARACTERS = 8 * 2 ** 20;

/**
 * Calls `onRecord` with each record, the header line included, and the line of the file on which it ends. Fields are trimmed,
 * blank lines skipped, a byte order mark dropped. Without `delimiter`: the one of , ; tab that occurs most in the first line.
 * @throws HearsayError ERR_DATA for a file that cannot be read or whose quotes are broken; whatever `onRecord` throws.
 */
export async function readRecords(
  path: string,
  delimiter: Delimiter | undefined,
  onRecord: (fields: string[], line: number) => void,
): Promise<void> {
  const file = createReadStream(path);
  try {
    if (path.endsWith(".gz")) await pipeline(file, createGunzip(), (bytes) => parseRecords(bytes, delimiter, onRecord));
    else await pipeline(file, (bytes) => parseRecords(bytes, delimiter, onRecord));
  } catch (cause) {
    if (isHearsayError(cause) || !(cause instanceof Error) || !("code" in cause)) throw cause;
    const why = cause.code === "ENOENT" ? "there is no such file" : cause.message;
    throw new HearsayError("ERR_DATA", `${path}: ${why}`, { path }, cause);
  }
}

async function parseRecords(
  bytes: AsyncIterable<Buffer>,
  delimiter: Delimiter | undefined,
  onRecord: (fields: string[], line: number) => void,
): Promise<void> {
  const chunks = bytes[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const parser = parse({
    bom: true,
    delimiter: delimiter ?? guessDelimiter(first.value.toString("utf8")),
    info: true,
    max_record_size: MAX_RECORD_CHARACTERS,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  await pipeline(
    Readable.from(resumed(first.value, chunks)),
    parser,
    async (records: AsyncIterable<{ record: string[]; info: Info }>) => {
      for await (const { record, info } of records) onRecord(record, info.lines);
    },
  );
}

async function* resumed(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function guessDelimiter(text: string): Delimiter {
  const counts = new Map<string, number>(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let quoted = false;
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    else if (c === "\n" && !quoted) break;
    else if (!quoted && counts.has(c)) counts.set(c, (counts.get(c) as number) + 1);
  }
  return DELIMITERS.reduce((a, b) => ((counts.get(b) as number) > (counts.get(a) as number) ? b : a));
}
