/** Texts of a page: escaping, shortening, and scores of a peer. */
import { formatNumber, isNumber } from "../../protocol/base/figures.ts";
import type { Score } from "../run/score.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
// Neither HTML nor XML can hold these, escaped or not.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g;

/** Safe as text and as a quoted attribute, in HTML and in XML. */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(UNPRINTABLE, "\ufffd")
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** At most `length` characters. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

/** 0.9134 as "91.3 %"; R² as "0.913". */
export function formatScore(value: number | undefined, metric: Score): string {
  if (!isNumber(value)) return "–";
  return metric === "r2" ? formatNumber(value, 3) : formatPercent(value);
}

export function formatPercent(value: number | undefined): string {
  return isNumber(value) ? `${(100 * value).toFixed(1)} %` : "–";
}
