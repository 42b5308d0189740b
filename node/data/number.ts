/** Numbers as people and spreadsheets write them into tables. */

import { quoted } from "./names.ts";

/** How a file writes its numbers. */
export interface NumberFormat {
  /** What stands before the fraction. */
  readonly decimal: "point" | "comma";
  /** It is known that groups of thousands are marked, so that a single mark before three digits is one. */
  readonly grouped: boolean;
  /** Nothing in the file says that a single point before three digits is no mark of thousands. */
  readonly doubtful?: true;
}

/**
 * What is wrong with the text of a field. By its kind a table finds what can be done about a whole column (csv-faults.ts):
 *
 *     decimal      the decimal sign has to be told
 *     word         no number at all
 *     decorated    a number with something that has to go: quotes, a sign, a unit, digits of another script
 *     class        no class of the task
 *     other        whatever else: its text says all
 */
export interface Problem {
  readonly kind: "decimal" | "word" | "decorated" | "class" | "other";
  /** For people, without line and column. */
  readonly text: string;
}

const TIME =
  /^\d{1,4}[-/.:]\d{1,2}[-/.:]\d|^\d{1,2}:\d{2}|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d|^\d{1,2}[- ][a-z]{3,}[- ]\d{2,4}/i;

/** A number, and letters or signs behind it. */
const UNIT = /^[+-]?\d[\d.,]*\s?[\p{L}°µ][\p{L}°µ/²³]{0,7}$/u;

export const PLAIN: NumberFormat = { decimal: "point", grouped: false };

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const POINT_BEFORE_THREE = /^[+-]?[1-9]\d{0,2}\.\d{3}$/;
/** Hyphens, dashes and the minus of typographers, where a number begins with one. */
const MINUS = /^[\u2010-\u2013\u2212\ufe63\uff0d](?=[\d.,])/u;
/** A space of any kind or an apostrophe between groups of three digits. */
const WIDE_GROUPS = /^[+-]?\d{1,3}(?:[\s'\u2019]\d{3})+(?:[.,]\d*)?$/u;

/** The number, or what is wrong with the text. A number is finite as float32; NaN, infinities and hexadecimal are no numbers. */
export function readNumber(text: string, format: NumberFormat = PLAIN): number | Problem {
  if (text === "") return { kind: "other", text: "the value is missing" };
  if (format.decimal === "point" && DECIMAL.test(text)) {
    if (format.doubtful && POINT_BEFORE_THREE.test(text)) return told(text, ambiguous(text, "."));
    return inRange(text, Number(text));
  }
  const minus = text.replace(MINUS, "-");
  const plain = WIDE_GROUPS.test(minus) ? minus.replace(/[\s'\u2019]/gu, "") : minus;
  const value = format.decimal === "point" ? withPoint(plain, format.grouped) : withComma(plain, format.grouped);
  return typeof value === "number" ? inRange(text, value) : told(text, value);
}

/** Text of a file in quotes, cut where it is long; what cannot be seen, as an escape. */
export function shown(text: string): string {
  return quoted(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

/** The value in so many digits of its spread: seconds since 1970 have ten before those that vary. */
export function roundedBeside(value: number, spread: number, digits: number): number {
  const times = Math.abs(value) / spread;
  const before = times > 1 && Number.isFinite(times) ? Number(times.toExponential().split("e")[1]) + 1 : 0;
  return Number(value.toPrecision(Math.min(17, digits + before)));
}

function inRange(text: string, value: number): number | Problem {
  return Number.isFinite(Math.fround(value)) ? value : told(text, { kind: "other", text: "is too large for float32" });
}

/** With the text of the field before it. */
function told(field: string, { kind, text }: Problem): Problem {
  return { kind, text: `${shown(field)} ${text}` };
}

function withPoint(text: string, grouped: boolean): number | Problem {
  if (DECIMAL.test(text)) return Number(text);
  if (/^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/.test(text)) {
    const certain = grouped || text.includes(".") || text.indexOf(",") < text.lastIndexOf(",");
    return certain ? Number(text.replaceAll(",", "")) : ambiguous(text, ",");
  }
  if (/^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)?,\d+$/.test(text)) {
    return { kind: "decimal", text: "has a decimal comma; where all numbers of the file do, say --decimal comma" };
  }
  if (/^[+-]?\d+(?:,\d+)+(?:\.\d*)?$/.test(text))
    return { kind: "other", text: "has commas that are not before three digits each; write it without them" };
  return noNumber(text);
}

function withComma(text: string, grouped: boolean): number | Problem {
  if (/^[+-]?(?:\d+,?\d*|,\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text.replace(",", "."));
  if (/^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?$/.test(text)) {
    const certain = grouped || text.includes(",") || text.indexOf(".") < text.lastIndexOf(".");
    return certain ? Number(text.replaceAll(".", "").replace(",", ".")) : ambiguous(text, ".");
  }
  if (DECIMAL.test(text))
    return { kind: "other", text: "has a decimal point where other numbers have a decimal comma; write all alike" };
  return noNumber(text);
}

function ambiguous(text: string, mark: "," | "."): Problem {
  const [small, large] = [text.replace(mark, "."), text.replace(mark, "")];
  const [asSmall, asLarge] = mark === "," ? ["comma", "point"] : ["point", "comma"];
  return { kind: "decimal", text: `may be ${small} or ${large}; say --decimal ${asSmall} or --decimal ${asLarge}` };
}

function noNumber(text: string): Problem {
  if (TIME.test(text)) return { kind: "other", text: "is a time or date, no number" };
  const remedy = decorationOf(text);
  if (remedy === undefined) return { kind: "word", text: "is no number" };
  return { kind: "decorated", text: `is no number; write it ${remedy}` };
}

/** How a number is written without what keeps it from being one. */
function decorationOf(text: string): string | undefined {
  if (/^[^0-9]*\p{Nd}/u.test(text) && !/[0-9]/.test(text)) return "with the digits 0 to 9";
  if (/^['\u2018\u2019\u201a\u201c\u201d\u201e].*['\u2018\u2019\u201c\u201d]$/u.test(text)) return "without the quotes";
  if (/^[+-]?\p{Sc}|[%\p{Sc}]$/u.test(text)) return "without the sign";
  return UNIT.test(text) ? "without the unit" : undefined;
}
