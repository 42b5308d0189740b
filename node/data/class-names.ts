/** Text of a label column to class indices: of the classes that the task names or, for a task yet to be made, that occur. */
import { HearsayError } from "../../protocol/base/errors.ts";
import { bothForms, formless, listed, normalised, unprintable } from "./names.ts";
import { type Problem, readNumber, shown } from "./number.ts";

export interface ClassNames {
  /** Index of a label, or what is wrong with it. Indices of unnamed classes count by appearance until `sorted`. */
  indexOf(label: string, line: number): number | Problem;
  /** What is wrong with the labels together; the label column may hold a number to predict. */
  fault(rows: number): string | undefined;
  /** The classes, and the index in them of each index that `indexOf` gave. */
  sorted(): { classes: readonly string[]; rank: ReadonlyMap<number, number> };
}

/** More different values than this are no classes that somebody left unnamed, but a number to predict. */
const MAX_UNNAMED = 1000;
/** Fewer decimal numbers than this may be grades, such as 1.5 of 0 to 10. */
const MAX_DECIMALS = 20;
/** Fewer classes than this are not doubted, however few rows each has. */
const MANY = 20;

const MISSING: Problem = { kind: "other", text: "the label is missing" };
const TOO_MANY: Problem = {
  kind: "other",
  text: `the label is value ${MAX_UNNAMED + 1}: a number to predict? then --template regression`,
};

/** One class as it was found. */
interface Found {
  name: string;
  readonly line: number;
  /** As it stands in the file. */
  readonly written: string;
  /** Another way of writing it that looks alike. */
  other?: { readonly written: string; readonly line: number };
}

export function createClassNames(given: readonly string[] | undefined): ClassNames {
  return given === undefined ? unnamed() : named(given);
}

function named(given: readonly string[]): ClassNames {
  const indices = new Map(given.map((name, index) => [keyOf(name), index]));
  if (indices.size < given.length) {
    const twice = given.find((name, index) => indices.get(keyOf(name)) !== index) ?? "";
    const message = `output.classes: "${twice}" is another spelling of a class that the task has already; remove one`;
    throw new HearsayError("ERR_TASK", message, { class: twice });
  }
  const raw = new Map<string, number>();
  const forms = new Map(given.map((name) => [formless(name), name]));
  return {
    indexOf(label) {
      const known = raw.get(label) ?? indices.get(keyOf(label));
      if (known === undefined) return unknown(label, given, forms);
      if (raw.size < MAX_UNNAMED) raw.set(label, known); // spares the rest of the rows the normal form
      return known;
    },
    fault: () => undefined,
    sorted: () => ({ classes: given, rank: new Map(given.map((_, index) => [index, index])) }),
  };
}

function unknown(label: string, given: readonly string[], forms: ReadonlyMap<string, string>): Problem {
  if (label === "") return MISSING;
  const similar = forms.get(formless(label));
  if (similar !== undefined) {
    const both = bothForms(normalised(label), similar);
    return { kind: "other", text: `the label differs from a class of the task in form only: ${both}` };
  }
  return { kind: "class", text: `label ${shown(label)} is unknown; the classes are ${listed(given)}` };
}

function unnamed(): ClassNames {
  const raw = new Map<string, number>();
  const indices = new Map<string, number>();
  const found: Found[] = [];
  return {
    indexOf(label, line) {
      const seen = raw.get(label);
      if (seen !== undefined) return seen;
      if (label === "") return MISSING;
      const name = normalised(label);
      const key = keyOf(name);
      let index = indices.get(key);
      if (index === undefined) {
        if (found.length === MAX_UNNAMED) return TOO_MANY;
        index = found.push({ name, line, written: label.trim() }) - 1;
        indices.set(key, index);
      } else respell(found[index] as Found, name, label.trim(), line);
      if (raw.size <= 10 * MAX_UNNAMED) raw.set(label, index);
      return index;
    },
    fault: (rows) => formFault(found) ?? tooManyFault(found, rows),
    sorted() {
      const order = [...found.keys()].sort((a, b) => byValue((found[a] as Found).name, (found[b] as Found).name));
      return {
        classes: order.map((index) => (found[index] as Found).name),
        rank: new Map(order.map((index, rank) => [index, rank])),
      };
    },
  };
}

/** Equal for spellings of one class: 1, 1.0 and +1 are one, 01 is a code of its own. */
function keyOf(label: string): string {
  const name = normalised(label);
  const digits = /^[+-]?(0|[1-9]\d*)?(?:\.(\d*))?(?:e[+-]?\d+)?$/i.test(name) && /\d/.test(name);
  if (!digits || name.replace(/\D/g, "").length > 15) return name; // longer ones are codes that a number would round
  return `${Number(name) + 0}`;
}

/** Of several spellings of a number the shortest is kept; of a word there is one, composed or not. */
function respell(one: Found, name: string, written: string, line: number): void {
  if (name === one.name && written !== one.written) one.other ??= { written, line };
  if (name.length < one.name.length || (name.length === one.name.length && name < one.name)) one.name = name;
}

function formFault(found: readonly Found[]): string | undefined {
  const differ = (a: string, b: string, lines: readonly [number, number]) =>
    `two labels differ in form only, the first in lines ${lines.join(" and ")}: ${bothForms(a, b)}; write them alike, or rename one`;
  const forms = new Map<string, Found>();
  for (const one of found) {
    if (one.other !== undefined) return differ(one.written, one.other.written, [one.line, one.other.line]);
    const value = readNumber(one.name);
    const form = typeof value === "number" && one.name.length < 16 ? String(value) : formless(one.name);
    const other = forms.get(form);
    if (other !== undefined) {
      return differ(other.name, one.name, [other.line, one.line]);
    }
    forms.set(form, one);
  }
  for (const { name, line } of found) {
    const bad = unprintable(name) ?? unseen(name);
    if (bad !== undefined) return `label ${shown(name)} in line ${line} has ${bad} in it; write it without`;
  }
  return undefined;
}

/** A character that cannot be seen and changes nothing in any script. */
function unseen(name: string): string | undefined {
  return /[\u00ad\u200b\u2060\ufeff]/.test(name) ? "a character that cannot be seen" : undefined;
}

function tooManyFault(found: readonly Found[], rows: number): string | undefined {
  const regression = "is it a number to predict? then --template regression";
  const numbers = found.map(({ name }) => readNumber(name));
  const numeric = numbers.every((value) => typeof value === "number");
  if (numeric && found.length > MAX_DECIMALS && numbers.some((value) => !Number.isInteger(value))) {
    return `${found.length} different numbers with decimals are no classes; ${regression}`;
  }
  if (found.length <= MANY || 2 * found.length <= rows) return undefined;
  const what = numeric
    ? `different numbers in ${rows} rows are hardly classes; ${regression}`
    : `different labels in ${rows} rows are hardly classes; is it the right column? name another with --label`;
  return `${found.length} ${what}`;
}

/** By number where both are numbers, else by code unit: 2 before 10, and the same on every machine. */
function byValue(a: string, b: string): number {
  const [x, y] = [readNumber(a), readNumber(b)];
  if (typeof x === "number" && typeof y === "number" && x !== y) return x - y;
  return a < b ? -1 : 1;
}
