/**
 * The edge to the terminal: all that a command says passes here, and nothing of others passes that a terminal would obey (`protocol/base/visible.ts`). A rule
 * of the house (`test/support/house/check.ts`) keeps the streams of the process out of all other files.
 */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { visible, visibleJson, visibleValue } from "../../protocol/base/visible.ts";
import { splitColours } from "./colours.ts";

/** What a table of cli-table3 puts in by itself: the ends of colours, which take nothing away but colour. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys begins with one
const ENDS = /\x1b\[(?:0|22|24|39|49)m/;

/** Writes to standard output; the text brings its line ends. */
export function print(text: string): void {
  process.stdout.write(seen(text));
}

/** From the corner of the screen, over what was there. */
const ANEW = "\x1b[H\x1b[2J";

/** Shows a text in place of the one before, where a person looks; below it, in a file or a pipe. */
export function printAnew(text: string): void {
  process.stdout.write(`${outputIsTerminal() ? ANEW : ""}${seen(text)}`);
}

/** Writes to standard error. */
export function tell(text: string): void {
  process.stderr.write(seen(text));
}

/** Lines, their ends and our own colours as they are, everything else visible. */
export function seen(text: string): string {
  return splitColours(text)
    .map((part, i) => (i % 2 === 1 ? part : part.split(ENDS).map(lines).join("")))
    .join("");
}

/** A line of a log in JSON, without what a terminal would obey once it was parsed and shown. */
export function seenLogLine(line: string): string {
  return `${visibleJson(JSON.stringify(visibleValue(JSON.parse(line))))}\n`;
}

/**
 * Bytes for another program, such as a file of JSON lines: as they are, but made visible where a person would see them. Resolves when there is
 * room for more: a slow reader is waited for.
 */
export async function pour(bytes: string | Uint8Array): Promise<void> {
  const out = process.stdout;
  const text = () => lines(typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes));
  if (!out.write(out.isTTY ? text() : bytes)) await once(out, "drain");
}

/** Whether a person looks at what is poured. */
export const outputIsTerminal = (): boolean => process.stdout.isTTY === true;

/** Width of the terminal on which a person looks at the output; undefined where it is none. */
export const outputColumns = (): number | undefined => process.stdout.columns;

/** For progress that is drawn over itself; what is written there is ours alone. */
export const drawing: Writable & { readonly isTTY?: boolean } = process.stderr;

/** Lines and their ends as they are, everything else visible. */
export function lines(text: string): string {
  return text
    .split("\n")
    .map((line) => visible(line))
    .join("\n");
}
