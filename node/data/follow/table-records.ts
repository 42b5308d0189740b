/** Records of a table that goes on coming: header and dialect are found out once, and what is whole is parsed. */
import { parse } from "csv-parse/sync";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { type Dialect, type DialectChoice, detectDialect } from "../csv-dialect.ts";
import { kindOf } from "../file-kinds.ts";
import type { ByteFeed } from "./byte-feed.ts";
import { openQuoteIn } from "./open-quote.ts";
import { recordEnds } from "./record-ends.ts";
import { Tail } from "./tail.ts";

/** One record, as it stands there. */
export interface SourceRecord {
  /** Names of the columns, in order. */
  readonly header: readonly string[];
  readonly numbers: Dialect["numbers"];
  readonly fields: readonly string[];
  /** As it came, for people. */
  readonly text: string;
  /** What is wrong with it as a record. */
  readonly fault?: string;
}

/** How the table is written. */
export interface TableForm {
  readonly header: readonly string[];
  readonly delimiter: Dialect["delimiter"];
  readonly numbers: Dialect["numbers"];
}

export interface TableRecordsOptions extends DialectChoice {
  readonly encoding?: string | undefined;
  /** Whether these are names of columns, of which the task's are among them. */
  isHeader(fields: readonly string[]): boolean;
  /** @throws HearsayError ERR_DATA that says what the header lacks. */
  refuseHeader(fields: readonly string[]): void;
}

export interface TakenRecords {
  readonly records: SourceRecord[];
  /** The file is over: another one may have its name. */
  readonly isEnd: boolean;
  /** Something was read, if only a header. */
  readonly didRead: boolean;
}

/** Bytes that are looked at in one go. */
const LOOK_BYTES = LIMITS.maxStreamRowCharacters;

/** How the file of this name is written; undefined where it is not there, or has no first row yet. @throws HearsayError ERR_DATA where its header lacks a column. */
export async function formOf(path: string, table: TableRecordsOptions): Promise<TableForm | undefined> {
  const tail = new Tail(path);
  try {
    return await new TableRecords(tail, table).begin();
  } finally {
    await tail.close();
  }
}

export class TableRecords {
  readonly #feed: ByteFeed;
  readonly #options: TableRecordsOptions;
  readonly #decoder: InstanceType<typeof TextDecoder>;
  #form: TableForm | undefined;
  #openQuote: string | undefined;

  constructor(feed: ByteFeed, options: TableRecordsOptions, form?: TableForm) {
    this.#feed = feed;
    this.#options = options;
    this.#form = form;
    this.#decoder = new TextDecoder(options.encoding ?? "utf-8", { fatal: true, ignoreBOM: true });
  }

  /** How it is written, once that is known. */
  get form(): TableForm | undefined {
    return this.#form;
  }

  /** The line in which a quote was opened that holds back the lines behind it; undefined where none does. */
  get openQuote(): string | undefined {
    return this.#openQuote;
  }

  /** Finds out how the table is written, where a header and a first row have come. @throws HearsayError ERR_DATA where the header lacks a column. */
  async begin(): Promise<TableForm | undefined> {
    const { bytes, isEnd } = await this.#feed.look(LOOK_BYTES);
    if (bytes.length > 0) this.#form ??= this.#begin(bytes, isEnd);
    return this.#form;
  }

  /** At most so many records that have come. */
  async take(maxRecords: number): Promise<TakenRecords> {
    const { bytes, isFresh, isEnd } = await this.#feed.look(LOOK_BYTES);
    this.#openQuote = undefined;
    if (bytes.length === 0) return { records: [], isEnd, didRead: false };
    const form = this.#form ?? this.#begin(bytes, isEnd);
    if (form === undefined) return { records: [], isEnd: false, didRead: false };
    const all = recordEnds(bytes, form.delimiter);
    this.#openQuote = openQuoteIn(bytes.subarray(all.at(-1) ?? 0));
    if (isEnd && all.at(-1) !== bytes.length) all.push(bytes.length); // the last line has no end
    if (all.length === 0 && bytes.length >= LOOK_BYTES)
      return { records: [this.#skipLine(bytes, form)], isEnd: false, didRead: true };
    const ends = all.slice(0, maxRecords);
    const records = this.#parse(bytes, ends, form, isFresh);
    this.#feed.consume(ends.at(-1) ?? 0);
    return { records, isEnd: isEnd && ends.length === all.length, didRead: ends.length > 0 };
  }

  /** Header and dialect, from a first row on; undefined while there is none. */
  #begin(bytes: Buffer, isEnd: boolean): TableForm | undefined {
    const kind = kindOf(bytes);
    if (kind !== undefined) throw new HearsayError("ERR_DATA", `${this.#feed.name}: this is ${kind}`);
    if (recordEnds(bytes, "\n").length < (isEnd ? 1 : 2)) return undefined;
    const sample = this.#decode(bytes.subarray(0, bytes.lastIndexOf("\n") + 1));
    if (sample === undefined) {
      const message = `${this.#feed.name}: the text is not ${this.#options.encoding ?? "UTF-8"}; name its encoding with --encoding`;
      throw new HearsayError("ERR_DATA", message);
    }
    const { delimiter, numbers } = detectDialect(sample, false, this.#options);
    const [end = 0] = recordEnds(bytes, delimiter);
    const [header = []] = parsed(sample.slice(0, this.#decode(bytes.subarray(0, end))?.length), delimiter);
    this.#options.refuseHeader(header);
    this.#form = { header, delimiter, numbers };
    return this.#form;
  }

  #parse(bytes: Buffer, ends: readonly number[], form: TableForm, isFresh: boolean): SourceRecord[] {
    const texts = ends.map((end, i) => this.#decode(bytes.subarray(ends[i - 1] ?? 0, end)));
    const fields = fieldsOf(texts, form.delimiter);
    return texts.flatMap((text, i) => {
      const found = fields[i];
      if (text === undefined)
        return [
          faulty(
            this.#form ?? form,
            bytes.subarray(ends[i - 1] ?? 0, ends[i]).toString("latin1"),
            "bytes that are not text of the encoding",
          ),
        ];
      if (found === undefined)
        return [faulty(this.#form ?? form, text, "a quote stands inside a field, or is not closed")];
      if (found.every((field) => field === "" || field === "\u001a")) return [];
      if (isFresh && i === 0 && this.#options.isHeader(found)) {
        this.#form = { ...form, header: found };
        return [];
      }
      const { header, numbers } = this.#form ?? form;
      if (sameNames(found, header)) return []; // the header again, as where files were put together
      return [{ header, numbers, fields: found, text }];
    });
  }

  /** A line that never ends, or a quote: it is given up up to the next line end, or whole. */
  #skipLine(bytes: Buffer, form: TableForm): SourceRecord {
    const end = bytes.indexOf("\n") + 1 || bytes.length;
    this.#feed.consume(end);
    const text = bytes.subarray(0, Math.min(end, 1000)).toString("latin1");
    return faulty(form, text, `a record of more than ${LOOK_BYTES} characters: is a quote never closed?`);
  }

  #decode(bytes: Buffer): string | undefined {
    try {
      return this.#decoder.decode(bytes).replace(/^\ufeff/, "");
    } catch {
      return undefined;
    }
  }
}

function faulty({ header, numbers }: TableForm, text: string, fault: string): SourceRecord {
  return { header, numbers, fields: [], text, fault };
}

function sameNames(fields: readonly string[], header: readonly string[]): boolean {
  return fields.length === header.length && fields.every((field, i) => field === header[i]);
}

/** All at once, which is quick; where one is broken, one by one. */
function fieldsOf(texts: readonly (string | undefined)[], delimiter: string): (string[] | undefined)[] {
  if (!texts.includes(undefined)) {
    try {
      const records = parsed(texts.join(""), delimiter);
      if (records.length === texts.length) return records;
    } catch {
      // then one by one
    }
  }
  return texts.map((text) => {
    try {
      return text === undefined ? undefined : parsed(text, delimiter)[0];
    } catch {
      return undefined;
    }
  });
}

function parsed(text: string, delimiter: string): string[][] {
  return parse(text, {
    bom: true,
    delimiter,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    skip_empty_lines: false,
    trim: true,
  });
}
