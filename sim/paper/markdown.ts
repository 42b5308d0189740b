/** Markdown as GitHub reads it: tables, texts that hold no markup by chance, and the part of a file that is generated. */
import { HearsayError } from "../../protocol/base/errors.ts";

export interface MarkdownTable {
  readonly head: readonly string[];
  /** Cells are Markdown; the first of a row is its name. */
  readonly rows: readonly (readonly string[])[];
}

/** Names to the left, figures to the right. A pipe in a cell ends no cell. */
export function markdownTable({ head, rows }: MarkdownTable): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/\\?\|/g, "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  const ruler = `|${head.map((_, i) => (i === 0 ? "---" : "---:")).join("|")}|`;
  return [line(head), ruler, ...rows.map(line)].join("\n");
}

/** Text that stands for itself in Markdown. */
export function plainText(text: string): string {
  return text.replaceAll("\n", " ").replace(/[\\`*_[\]|<>&]/g, (character) => `\\${character}`);
}

/** A cell without markup, for a terminal: footnotes in brackets. */
export function withoutMarkup(cell: string): string {
  return cell
    .replaceAll("**", "")
    .replace(/<sup>(.*?)<\/sup>/g, " [$1]")
    .replace(/\\(.)/g, "$1");
}

/** `1 run`, `2 runs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * The document with `body` between `<!-- name:begin -->` and `<!-- name:end -->`; all else stays as it is.
 * @throws HearsayError ERR_DATA where the document has not exactly one such pair.
 */
export function replaceSection(document: string, name: string, body: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, rest, ...more] = document.split(begin);
  const [, after, ...others] = (rest ?? "").split(end);
  if (rest === undefined || after === undefined || more.length > 0 || others.length > 0)
    throw new HearsayError("ERR_DATA", `there must be one line ${begin}, and one line ${end} below it`, { name });
  return `${before}${begin}\n\n${body.trim()}\n\n${end}${after}`;
}
