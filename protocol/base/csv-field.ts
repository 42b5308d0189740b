/** A field of a CSV file (RFC 4180) that a spreadsheet takes for what it is: text for text, a number for a number, nothing for a formula. */
import { visible } from "./visible.ts";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** What spreadsheets calculate, begins so, in half or full width; a tab or carriage return before it is made visible. */
const FORMULA = /^[=+\-@\uff1d\uff0b\uff0d\uff20]/;
/** Words of several scripts, and emoji, need the zero-width joiner and non-joiner. */
const JOINERS = "\u200c\u200d";

/**
 * Numbers as they are; of other text, what begins like a formula gets an apostrophe before it, what a terminal would obey is made
 * visible, and what would end the field, also in a file that is taken for one with semicolons or tabs, is put in quotes.
 */
export function csvField(text: string): string {
  if (NUMBER.test(text)) return text;
  const shown = visible(text, JOINERS);
  const safe = FORMULA.test(shown) ? `'${shown}` : shown;
  return /[",;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
