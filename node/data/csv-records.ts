/** A table in a text file, plain or gzipped, as a stream of records: whatever its size, only a buffer of it is in memory. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, type Info, type Parser, parse } from "csv-parse";
import { HearsayError } from "../../protocol/base/errors.ts";
import { type Dialect, type DialectChoice, detectDialect } from "./csv-dialect.ts";
import { openBytes, refusal } from "./file-bytes.ts";
import { shown } from "./number.ts";
import { detectEncoding, HEAD_BYTES } from "./text-encoding.ts";

export interface TextChoice extends DialectChoice {
  /** Name of the encoding; found out where left out. */
  readonly encoding?: string | undefined;
}

export interface TextTable extends Dialect {
  readonly encoding: string;
  readonly gzipped: boolean;
  /**
   * Calls `onRecord` with each record, the header included, and the line of the file on which it ends. Fields are trimmed; records
   * without a value at the end of the file are skipped. @throws HearsayError ERR_DATA for broken quotes; whatever `onRecord` throws.
   */
  read(onRecord: (fields: string[], line: number) => void): Promise<void>;
}

/** A longer line is a sign of a quote that is never closed: it would be read into memory as one field. */
const MAX_RECORD_CHARACTERS = 8 * 2 ** 20;

/** @throws HearsayError ERR_DATA for a file that cannot be read, is no text, or whose encoding is not certain. */
export async function openTable(path: string, choice: TextChoice): Promise<TextTable> {
  const { gzipped, chunks } = await openBytes(path);
  const { head, whole } = await headOf(chunks());
  const encoding = await detectEncoding(path, chunks, head, choice.encoding);
  const dialect = detectDialect(new TextDecoder(encoding).decode(head, { stream: true }), whole, choice);
  return {
    ...dialect,
    encoding,
    gzipped,
    async read(onRecord) {
      const source = encoding === "utf-8" ? chunks() : asUtf8(chunks(), encoding);
      const parser = parserFor(dialect);
      let last = dialect.firstLine - 1;
      const remember = (fields: string[], line: number) => {
        last = line;
        onRecord(fields, line);
      };
      try {
        await pipeline(Readable.from(source), parser, (records) => consume(records as Parser, remember));
      } catch (error) {
        throw error instanceof CsvError ? inWords(path, error, last + 1) : refusal(path, error);
      }
    },
  };
}

function parserFor({ delimiter, firstLine }: Dialect): Parser {
  return parse({
    bom: true,
    delimiter,
    from_line: firstLine,
    info: true,
    max_record_size: MAX_RECORD_CHARACTERS,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
}

/** All that is there at once, not a record at a time: a turn of the event loop for each would cost more than the parsing. */
function consume(records: Parser, onRecord: (fields: string[], line: number) => void): Promise<void> {
  const pass = holdingEmpty(onRecord);
  return new Promise((resolve, reject) => {
    records.on("readable", () => {
      try {
        for (let next = records.read(); next !== null; next = records.read()) {
          const { record, info } = next as { record: string[]; info: Info };
          pass(record, info.lines);
        }
      } catch (error) {
        reject(error);
      }
    });
    records.on("end", resolve);
    records.on("error", reject);
  });
}

/** Rows without a value wait for one that has some: at the end of a file, where spreadsheets leave them, they say nothing. */
function holdingEmpty(onRecord: (fields: string[], line: number) => void): (fields: string[], line: number) => void {
  let held: { width: number; line: number }[] = [];
  return (fields, line) => {
    // Ctrl-Z ends a file of DOS
    if (fields.every((field) => field === "" || field === "\u001a")) {
      held.push({ width: fields.length, line });
      return;
    }
    for (const empty of held) onRecord(new Array<string>(empty.width).fill(""), empty.line);
    if (held.length > 0) held = [];
    onRecord(fields, line);
  };
}

async function headOf(chunks: AsyncGenerator<Buffer>): Promise<{ head: Uint8Array; whole: boolean }> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length > HEAD_BYTES) return { head: Buffer.concat(parts).subarray(0, HEAD_BYTES), whole: false };
  }
  return { head: Buffer.concat(parts), whole: true };
}

async function* asUtf8(chunks: AsyncGenerator<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }), "utf8");
  yield Buffer.from(decoder.decode(), "utf8");
}

/** What the parser found, in words of a table. */
function inWords(path: string, error: CsvError, next: number): HearsayError {
  const details = error as unknown as { lines?: number; field?: unknown; raw?: unknown };
  const line = `line ${details.lines ?? next}`;
  const field = typeof details.field === "string" ? ` (${shown(details.field)})` : "";
  const stray = "write it twice, and the field in quotes, or remove it";
  const why: Partial<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: `line ${next}: a quote is opened and never closed; close it, or remove it`,
    CSV_MAX_RECORD_SIZE: `${line}: more than ${MAX_RECORD_CHARACTERS} characters; is a quote above it never closed?`,
    INVALID_OPENING_QUOTE: `${line}: a quote stands inside a field that does not begin with one${field}; ${stray}`,
    CSV_INVALID_CLOSING_QUOTE: `${line}: text follows the quote that ends a field${field}; ${stray}`,
  };
  return new HearsayError("ERR_DATA", `${path}: ${why[error.code] ?? error.message}`, { path }, error);
}
