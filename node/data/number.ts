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

/** The number, or what is wrong with the text. Finite as float32; NaN, infinities and hexadecimal are no numbers. */
export function readNumber(text: string, format: NumberFormat = PLAIN): number | string {
  if (text === "") return "the value is missing";
  if (format.decimal === "point" && DECIMAL.test(text)) {
    if (format.doubtful && POINT_BEFORE_THREE.test(text)) return `${shown(text)} ${ambiguous(text, ".")}`;
    return inRange(text, Number(text));
  }
  const minus = text.replace(MINUS, "-");
  const plain = WIDE_GROUPS.test(minus) ? minus.replace(/[\s'\u2019]/gu, "") : minus;
  const value = format.decimal === "point" ? withPoint(plain, format.grouped) : withComma(plain, format.grouped);
  return typeof value === "number" ? inRange(text, value) : `${shown(text)} ${value}`;
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

function inRange(text: string, value: number): number | string {
  return Number.isFinite(Math.fround(value)) ? value : `${shown(text)} is too large for float32`;
}

function withPoint(text: string, grouped: boolean): number | string {
  if (DECIMAL.test(text)) return Number(text);
  if (/^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/.test(text)) {
    const certain = grouped || text.includes(".") || text.indexOf(",") < text.lastIndexOf(",");
    return certain ? Number(text.replaceAll(",", "")) : ambiguous(text, ",");
  }
  if (/^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)?,\d+$/.test(text)) {
    return "has a decimal comma; where all numbers of the file do, say --decimal comma";
  }
  if (/^[+-]?\d+(?:,\d+)+(?:\.\d*)?$/.test(text))
    return "has commas that are not before three digits each; write it without them";
  return noNumber(text);
}

function withComma(text: string, grouped: boolean): number | string {
  if (/^[+-]?(?:\d+,?\d*|,\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text.replace(",", "."));
  if (/^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?$/.test(text)) {
    const certain = grouped || text.includes(",") || text.indexOf(".") < text.lastIndexOf(".");
    return certain ? Number(text.replaceAll(".", "").replace(",", ".")) : ambiguous(text, ".");
  }
  if (DECIMAL.test(text)) return "has a decimal point where other numbers have a decimal comma; write all alike";
  return noNumber(text);
}

function ambiguous(text: string, mark: "," | "."): string {
  const [small, large] = [text.replace(mark, "."), text.replace(mark, "")];
  const [asSmall, asLarge] = mark === "," ? ["comma", "point"] : ["point", "comma"];
  return `may be ${small} or ${large}; say --decimal ${asSmall} or --decimal ${asLarge}`;
}

function noNumber(text: string): string {
  if (TIME.test(text)) return "is a time or date, no number";
  if (/^[^0-9]*\p{Nd}/u.test(text) && !/[0-9]/.test(text)) return "is no number; write it with the digits 0 to 9";
  if (/^['\u2018\u2019\u201a\u201c\u201d\u201e].*['\u2018\u2019\u201c\u201d]$/u.test(text))
    return "is no number; write it without the quotes";
  const sign = /^[+-]?\p{Sc}|[%\p{Sc}]$/u.test(text) ? "; write it without the sign" : "";
  if (sign !== "" || !UNIT.test(text)) return `is no number${sign}`;
  return "is no number; write it without the unit";
}
