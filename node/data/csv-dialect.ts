/** How a table is written, found out from its beginning: what separates the fields, and how numbers are written. */
import { parse } from "csv-parse/sync";
import { formless, normalised } from "./names.ts";
import { type NumberFormat, readNumber } from "./number.ts";

export type Delimiter = "," | ";" | "\t" | "|";

export const DELIMITERS: readonly Delimiter[] = [",", ";", "\t", "|"];

export interface Dialect {
  readonly delimiter: Delimiter;
  readonly numbers: NumberFormat;
  /** Line of the header, from 1: below it where Excel wrote a line such as sep=; first. */
  readonly firstLine: number;
}

export interface DialectChoice {
  readonly delimiter?: Delimiter | undefined;
  readonly decimal?: "point" | "comma" | undefined;
  /** Columns that must be there. */
  readonly wanted?: readonly string[] | undefined;
}

/** Records that are looked at. */
const MAX_RECORDS = 200;
/** Fields of each that are looked at. */
const MAX_FIELDS = 200;

/** `sample`: the beginning of the text; `whole`: it is all of it. */
export function detectDialect(sample: string, whole: boolean, choice: DialectChoice): Dialect {
  const separator = /^("?)sep=(.)\1\r?\n/i.exec(sample);
  const firstLine = separator === null ? 1 : 2;
  const body = sample.slice(separator?.[0].length ?? 0);
  const named = DELIMITERS.find((delimiter) => delimiter === separator?.[2]);
  const given = choice.delimiter ?? named;
  const tables = (given === undefined ? DELIMITERS : [given]).map((delimiter) => ({
    delimiter,
    records: recordsOf(body, whole, delimiter),
  }));
  const wanted = new Set(choice.wanted?.map(formless));
  const scored = tables.map((table) => ({ ...table, score: scoreOf(table.records, table.delimiter, wanted) }));
  const best = scored.reduce((a, b) => (isBetter(b.score, a.score) ? b : a));
  return { delimiter: best.delimiter, numbers: numbersOf(best, choice.decimal), firstLine };
}

/** The first records, without the last of a text that goes on. */
function recordsOf(text: string, whole: boolean, delimiter: Delimiter): string[][] {
  try {
    const records: string[][] = parse(text, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      to: MAX_RECORDS + 1,
      trim: true,
    });
    return whole || records.length < 2 || records.length > MAX_RECORDS
      ? records.slice(0, MAX_RECORDS)
      : records.slice(0, -1);
  } catch {
    const [header = ""] = text.split(/\r\n|\n|\r/, 1); // quotes that are broken, or not closed in the sample
    return [header.split(delimiter).map((field) => field.replace(/^"|"$/g, ""))];
  }
}

/** Compared from left to right. */
type Score = readonly number[];

/** Wanted columns that are there, records as wide as the header, fields that are numbers, width. */
function scoreOf(
  [header = [], ...records]: readonly string[][],
  delimiter: Delimiter,
  wanted: ReadonlySet<string>,
): Score {
  const found = new Set(header.map((name) => formless(normalised(name))).filter((name) => wanted.has(name))).size;
  if (header.length < 2) return [found, 0, 0, 0];
  const even = records.filter(
    (record) => trimmedLength(record) <= header.length && record.length >= trimmedLength(header),
  );
  let fields = 0;
  let numeric = 0;
  for (const record of records) {
    for (const field of record.slice(0, MAX_FIELDS)) {
      fields++;
      if (isNumber(field, delimiter)) numeric++;
    }
  }
  const share = (part: number, all: number) => (all === 0 ? 0 : Math.round((10 * part) / all));
  return [found, share(even.length, records.length), share(numeric, fields), header.length];
}

function isNumber(field: string, delimiter: Delimiter): boolean {
  if (typeof readNumber(field) === "number") return true;
  return delimiter !== "," && typeof readNumber(field, { decimal: "comma", grouped: true }) === "number";
}

function isBetter(a: Score, b: Score): boolean {
  const first = a.findIndex((value, i) => value !== b[i]);
  return first >= 0 && (a[first] as number) > (b[first] as number);
}

/** Without empty fields at the end. */
function trimmedLength(record: readonly string[]): number {
  return record.findLastIndex((field) => field !== "") + 1;
}

/** Marks that can be nothing else: a comma or point before other than three digits, or after the other one. */
const COMMA_DECIMAL = /^[+\-\u2212]?(?:\d{1,3}(?:[.\s'\u2019]\d{3})+,\d+|\d*,(?:\d{1,2}|\d{4,})|(?:0|\d{4,})?,\d+)$/u;
const POINT_DECIMAL =
  /^[+\-\u2212]?(?:\d{1,3}(?:[,\s'\u2019]\d{3})+\.\d+|\d*\.(?:\d{1,2}|\d{4,})|(?:0|\d{4,})?\.\d+)$/u;
const COMMA_GROUPS = /^[+\-\u2212]?\d{1,3}(?:(?:,\d{3})+\.\d*|(?:,\d{3}){2,})$/u;
const POINT_GROUPS = /^[+\-\u2212]?\d{1,3}(?:(?:\.\d{3})+,\d*|(?:\.\d{3}){2,})$/u;

/** Dots as in addresses and versions, which no number has. */
const DOTTED = /^\d+(?:\.\d+){2,}$/;

function numbersOf(
  { records: [, ...records], delimiter }: { records: readonly string[][]; delimiter: Delimiter },
  asked: "point" | "comma" | undefined,
): NumberFormat {
  if (asked !== undefined) return { decimal: asked, grouped: true };
  const fields = records.flatMap((record) => record.slice(0, MAX_FIELDS));
  const any = (pattern: RegExp) => fields.some((field) => pattern.test(field));
  const [pointDecimal, commaGroups] = [any(POINT_DECIMAL), any(COMMA_GROUPS)];
  const pointGroups = any(POINT_GROUPS) && fields.every((field) => !DOTTED.test(field) || POINT_GROUPS.test(field));
  // in a file with both, points are what programs write; each comma is then a fault with its line
  const comma = (any(COMMA_DECIMAL) || (pointGroups && !commaGroups)) && !pointDecimal;
  if (comma) return { decimal: "comma", grouped: pointGroups };
  // where a comma is the decimal mark, lists are separated by semicolons: 1.500 may be a thousand and a half
  const doubtful = delimiter === ";" && !pointDecimal && !commaGroups;
  return { decimal: "point", grouped: commaGroups, ...(doubtful && { doubtful }) };
}
