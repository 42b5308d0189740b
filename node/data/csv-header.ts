/** The names of the columns, each with its position. */
import { HearsayError } from "../../protocol/base/errors.ts";
import { nameList, shellOption } from "../shell.ts";
import { type NameList, namesIn } from "./name-list.ts";
import { bothForms, formless, listed, normalised, quoted, unprintable } from "./names.ts";
import { readNumber } from "./number.ts";

export interface Header {
  readonly names: readonly string[];
  /** Positions that shall not be read. */
  readonly dropped: ReadonlySet<number>;
  /** @throws HearsayError ERR_DATA where no column, or more than one, has the name; `what` it is, for the message. */
  position(name: string, what: string): number;
  /** Positions of those names that are there, once. */
  present(names: readonly string[]): number[];
  /** @throws HearsayError ERR_DATA where one of these columns has a name that differs from another's in form only, or that cannot be printed. */
  refuseForms(positions: readonly number[]): void;
  refuse(message: string): HearsayError;
}

/** `strict`: a column to leave out that is not there is an error. @throws HearsayError ERR_DATA. */
export function readHeader(
  path: string,
  fields: readonly string[],
  drop: NameList | undefined,
  strict: boolean,
): Header {
  const names = fields.map(normalised);
  const positions = new Map<string, number[]>();
  names.forEach((name, i) => {
    const known = positions.get(name);
    if (known === undefined) positions.set(name, [i]);
    else known.push(i);
  });
  const dropped = new Set<number>();
  const refuse = (message: string) =>
    new HearsayError("ERR_DATA", `${path}: ${message}`, { path, columns: names.slice(0, 20) });

  function find(name: string): number[] {
    const numbered = /^#([1-9]\d*)$/.exec(name);
    const found = positions.get(name) ?? (numbered === null ? [] : [Number(numbered[1]) - 1]);
    return found.filter((i) => i < names.length && !dropped.has(i));
  }

  function position(asked: string, what: string): number {
    const name = normalised(asked);
    const [first, second] = find(name);
    if (first === undefined && dropped.has(positions.get(name)?.[0] ?? -1))
      throw refuse(
        `column ${quoted(name)} is to be a ${what}, and to be left out (--drop): take it out of one of these`,
      );
    if (first === undefined) throw refuse(absent(name, what, names));
    if (names[first] === "")
      throw refuse(`column ${first + 1} is to be a ${what} and has no name; write one into the header line`);
    if (second === undefined) return first;
    refuseForms(names, fields, [first], dropped, refuse);
    return first;
  }

  for (const name of drop === undefined ? [] : namesIn(drop, (text) => positions.has(text))) {
    const found = find(name);
    if (found.length === 0 && strict) throw refuse(absent(name, "droppable", names));
    for (const i of found) dropped.add(i);
  }
  return {
    names,
    dropped,
    position,
    present: (wanted) => wanted.flatMap((name) => find(normalised(name)).slice(0, 1)),
    refuseForms: (used) => refuseForms(names, fields, used, dropped, refuse),
    refuse,
  };
}

function absent(name: string, what: string, names: readonly string[]): string {
  const kind = what === "droppable" ? "column" : `${what} column`;
  const form = formless(name);
  const similar = form === "" ? undefined : names.find((other) => formless(other) === form);
  if (similar !== undefined) {
    return `there is no ${kind} ${quoted(name)}, but one that differs in form only: ${bothForms(name, similar)}; ${what === "label" && unprintable(similar) === undefined ? `name it so: ${shellOption("--label", similar)}, or ` : ""}rename it in the file`;
  }
  const text = `there is no ${kind} ${quoted(name)}; the header has ${listed(names)}`;
  const [first = ""] = names;
  if (first.startsWith("#") && names.length === 1) return `${text}; delete the lines above the names of the columns`;
  if (names.length === 1 && !/^[\p{L}\p{N}_]*$/u.test(first)) {
    return `${text}; are the fields separated by something else than , ; | or a tab, or are there lines above the header?`;
  }
  if (2 * names.filter((other) => other === "").length >= names.length)
    return `${text}; are there lines above the header?`;
  if (
    names.some((other) => typeof readNumber(other) === "number") &&
    names.every((other) => /^[^a-z]*$/i.test(other) || other.length < 3)
  )
    return `${text}; does the first line hold values? A header line with the names of the columns is required`;
  const nameless = names.includes("") ? ", or write the name that is missing into the header line" : "";
  return what === "label" ? `${text}; name the right one with --label${nameless}` : text;
}

function refuseForms(
  names: readonly string[],
  fields: readonly string[],
  used: readonly number[],
  dropped: ReadonlySet<number>,
  refuse: (message: string) => HearsayError,
): void {
  const forms = new Map<string, number[]>();
  names.forEach((name, i) => {
    if (name === "" || dropped.has(i)) return;
    const form = formless(name);
    const same = forms.get(form);
    if (same === undefined) forms.set(form, [i]);
    else same.push(i);
  });
  const isUsed = new Set(used);
  for (const i of used) {
    const name = names[i] as string;
    const leaveOut = (position: number) => `leave it out: ${shellOption("--drop", nameList([`#${position + 1}`]))}`;
    const other = forms.get(formless(name))?.find((position) => position !== i);
    if (other !== undefined) {
      const [first, second] = [Math.min(i, other), Math.max(i, other)];
      const [one, two] = [(fields[first] as string).trim(), (fields[second] as string).trim()];
      const forms = `columns ${first + 1} and ${second + 1} have names that differ in form only: ${bothForms(one, two)}`;
      const message =
        one === two ? `the header has column ${quoted(name)} twice, as columns ${first + 1} and ${second + 1}` : forms;
      throw refuse(`${message}; rename one, or ${leaveOut(isUsed.has(second) && !isUsed.has(first) ? first : second)}`);
    }
    const bad = unprintable(name);
    if (bad !== undefined) {
      throw refuse(`the name of column ${i + 1}, ${quoted(name)}, has ${bad} in it; rename it, or ${leaveOut(i)}`);
    }
  }
}
