/** Lists of names as settings give them: a list, or one text as it stands on a command line. */
import { parse } from "csv-parse/sync";
import { normalised } from "./names.ts";

/** A text is taken apart at its commas, unless a column has the whole of it for a name; names with commas may stand in quotes. */
export type NameList = string | readonly string[];

/** The names of the list, `known` being those of the columns. */
export function namesIn(list: NameList, known: (name: string) => boolean = () => false): string[] {
  if (typeof list !== "string") return list.map(normalised);
  const whole = normalised(list);
  if (known(whole)) return [whole];
  return partsOf(whole).filter((name) => name !== "");
}

/** The word for an empty field in a list of values. */
export const EMPTY = "empty";

/** Values that mean "no reading"; `empty` is an empty field, beside the word itself. */
export function valuesIn(list: NameList): string[] {
  const values = typeof list === "string" ? partsOf(normalised(list) || EMPTY) : list.map(normalised);
  return values.includes(EMPTY) ? [...values, ""] : values;
}

function partsOf(text: string): string[] {
  try {
    const [parts = []] = parse(text, { relax_quotes: true, trim: true }) as string[][];
    return parts.map(normalised);
  } catch {
    return text.split(",").map(normalised); // quotes that are no quotes
  }
}
