/**
 * Traces as CSV text: sessions with the columns on, off, peer; contacts with start, end, a, b; paces with at, seconds, peer; links with a, b. Times in
 * seconds since the start, peers from 0. A header line names the columns, in any order; others are left aside. Comma, semicolon or tab.
 */
import { type Info, parse } from "csv-parse/sync";
import { HearsayError } from "../../protocol/base/errors.ts";
import { type Contact, faultOfPace, faultOfRow, type Pace, type Session } from "./schema.ts";

/** Faults that are spelt out; the rest is counted. */
const MAX_LISTED = 20;

/** @throws HearsayError ERR_DATA with the faults and their lines (`details.faults`); `name` is the file's, for the message. */
export function parseSessions(text: string, name: string): Session[] {
  return parseRows<Session>(text, name, { times: ["on", "off"], peers: ["peer"], faultOf: faultOfRow });
}

/** @throws HearsayError ERR_DATA with the faults and their lines (`details.faults`); `name` is the file's, for the message. */
export function parseContacts(text: string, name: string): Contact[] {
  return parseRows<Contact>(text, name, { times: ["start", "end"], peers: ["a", "b"], faultOf: faultOfRow });
}

/** @throws HearsayError ERR_DATA with the faults and their lines (`details.faults`); `name` is the file's, for the message. */
export function parsePaces(text: string, name: string): Pace[] {
  return parseRows<Pace>(text, name, { times: ["at", "seconds"], peers: ["peer"], faultOf: faultOfPace });
}

/** @throws HearsayError ERR_DATA with the faults and their lines (`details.faults`); `name` is the file's, for the message. */
export function parseLinks(text: string, name: string): [number, number][] {
  const faultOf = ([a, b]: readonly [number, number]) =>
    a === b ? `links peer ${a} to itself; name two peers or leave the row out` : undefined;
  return parseRows<[number, number]>(text, name, { times: [], peers: ["a", "b"], faultOf });
}

/** The text that `parseContacts` reads, line by line, header first. */
export function* formatContacts(contacts: Iterable<Contact>): Generator<string> {
  yield "start,end,a,b\n";
  for (const contact of contacts) yield `${contact.join(",")}\n`;
}

interface Line {
  readonly record: readonly string[];
  readonly info: Info;
}

interface RowShape<Row> {
  readonly times: readonly string[];
  readonly peers: readonly string[];
  faultOf(row: Row): string | undefined;
}

function parseRows<Row extends readonly number[]>(
  text: string,
  name: string,
  { times, peers, faultOf }: RowShape<Row>,
): Row[] {
  const columns = [...times, ...peers];
  const [header, ...lines] = readLines(text, name);
  const found = header?.record.map((column) => column.toLowerCase()) ?? [];
  const missing = columns.filter((column) => !found.includes(column));
  if (missing.length > 0) {
    const fault = `no column ${missing.join(", ")} in the header line; it must name ${columns.join(", ")}`;
    throw dataError(name, [found.length === 0 ? `is empty; ${fault}` : `${fault}, and has ${found.join(", ")}`], 1);
  }
  const places = columns.map((column) => found.indexOf(column));
  const faults: string[] = [];
  let total = 0;
  const rows: Row[] = [];
  for (const { record, info } of lines) {
    const fields = places.map((place) => record[place] ?? "");
    const wrong = fields.findIndex((field, i) => !(i < times.length ? TIME : PEER).test(field));
    const row = fields.map(Number) as unknown as Row;
    const kind = wrong < times.length ? "seconds, 0 or more" : "the number of a peer, from 0";
    const fault = wrong === -1 ? faultOf(row) : `has "${fields[wrong]}" for ${columns[wrong]}; write ${kind}`;
    if (fault === undefined) rows.push(row);
    else if (total++ < MAX_LISTED) faults.push(`line ${info.lines} ${fault}`);
  }
  if (total > 0) throw dataError(name, faults, total);
  return rows;
}

const TIME = /^\d+(?:\.\d+)?(?:e[+-]?\d{1,2})?$/i;
const PEER = /^\d{1,7}$/;

function readLines(text: string, name: string): Line[] {
  try {
    return parse(text, {
      bom: true,
      delimiter: [",", ";", "\t"],
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as Line[];
  } catch (cause) {
    throw new HearsayError("ERR_DATA", `${name}: ${(cause as Error).message}`, { path: name }, cause);
  }
}

function dataError(name: string, faults: readonly string[], total: number): HearsayError {
  const heading = `${name}: ${total} fault(s)${total > faults.length ? `, the first ${faults.length}` : ""}:`;
  return new HearsayError("ERR_DATA", [heading, ...faults].join("\n  "), { path: name, faults, total });
}
