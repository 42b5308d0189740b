/** Texts of a page: escaping, and numbers as people read them. What is not a finite number reads as a dash, never as NaN. */

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

/** What measures a peer: accuracy of a classifier, R² of a regression. */
export type Metric = "accuracy" | "r2";

/** 0.9134 as "91.3 %"; R² as "0.913". */
export function formatScore(value: number | undefined, metric: Metric): string {
  if (!isNumber(value)) return "–";
  return metric === "r2" ? formatNumber(value, 3) : formatPercent(value);
}

export function formatPercent(value: number | undefined): string {
  return isNumber(value) ? `${(100 * value).toFixed(1)} %` : "–";
}

/** At most `digits` significant digits, but every digit before the point, in groups of three. */
export function formatNumber(value: number | undefined, digits = 4): string {
  if (!isNumber(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e15 || (size < 1e-4 && size > 0)) return value.toExponential(2);
  const before = size < 1 ? 0 : decimalExponent(size) + 1;
  const rounded = size < 1 ? Number(value.toPrecision(digits)) : Number(value.toFixed(Math.max(0, digits - before)));
  const [whole = "", fraction] = String(rounded).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

export interface ByteUnit {
  readonly name: string;
  readonly bytes: number;
}

/** The unit in which the largest of some sizes reads best; powers of ten. */
export function byteUnit(largest: number): ByteUnit {
  if (largest >= 1e9) return { name: "GB", bytes: 1e9 };
  if (largest >= 1e6) return { name: "MB", bytes: 1e6 };
  return largest >= 1e3 ? { name: "kB", bytes: 1e3 } : { name: "B", bytes: 1 };
}

export function formatBytes(value: number | undefined): string {
  if (!isNumber(value)) return "–";
  const { name, bytes } = byteUnit(value);
  return `${formatNumber(value / bytes, 3)} ${name}`;
}

/** Reports come from JSON too, where NaN and infinity have become null. */
export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** The greatest n with 10^n <= |value|, of a finite value that is not 0: by its digits, since a logarithm may round to the next. */
export function decimalExponent(value: number): number {
  return Number(value.toExponential().split("e")[1]);
}
