/** The rows of a table, as they become numbers. */
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { REFUSED } from "../../protocol/learn/data/missing.ts";
import { type ClassNames, createClassNames } from "./class-names.ts";
import { type ColumnChoice, type CsvColumns, dropOption } from "./csv-columns.ts";
import { type CsvFaults, createCsvFaults } from "./csv-faults.ts";
import { growingFloats } from "./growing-floats.ts";
import { createMissing, type Missing } from "./missing.ts";
import type { NameList } from "./name-list.ts";
import { normalised, quoted } from "./names.ts";
import { type NumberFormat, type Problem, readNumber, shown } from "./number.ts";

export interface RowOptions extends Pick<ColumnChoice, "labels" | "features"> {
  readonly numbers: NumberFormat;
  readonly missing?: NameList | undefined;
  /** A feature without a reading is a fault. */
  readonly refuseMissing?: boolean | undefined;
}

/** Lines that are told. */
const MAX_HEADERS = 5;
const MAX_UNREAD = 5;
const NO_OWNER: Problem = { kind: "other", text: "the owner is missing; fill it in, or leave --owner out" };

/** Grows row by row; `finish` ends it. */
export class CsvRows {
  readonly #columns: CsvColumns;
  readonly #numbers: NumberFormat;
  /** None for a regression. */
  readonly #classes: ClassNames | undefined;
  /** Classes that the task names. */
  readonly #named: ReadonlySet<string>;
  readonly #missing: Missing;
  readonly #refuseMissing: boolean;
  readonly #faults: CsvFaults;
  readonly #inputs = growingFloats();
  readonly #targets = growingFloats();
  readonly #owners: string[] = [];
  /** Columns without a name in which a value was found. */
  readonly #nameless = new Set<number>();
  /** Lines that repeat the header. */
  readonly #headers: number[] = [];
  /** The first readings that are missing, where none may be. */
  readonly #unread: { readonly line: number; readonly column: number }[] = [];
  #rows = 0;
  #unlabelled = 0;

  constructor(path: string, columns: CsvColumns, { labels, features, numbers, missing, refuseMissing }: RowOptions) {
    this.#columns = columns;
    this.#numbers = numbers;
    this.#classes = labels.kind === "classification" ? createClassNames(labels.classes) : undefined;
    this.#named = new Set(labels.kind === "classification" ? labels.classes : []);
    this.#missing = createMissing(missing);
    this.#refuseMissing = refuseMissing ?? false;
    this.#faults = createCsvFaults(path, features !== undefined);
  }

  get length(): number {
    return this.#rows;
  }

  add(fields: readonly string[], line: number): void {
    const { names, least, labels, features, unnamed, owner } = this.#columns;
    // between others such a row separates; among rows to predict it would shift the answers
    if (labels.length > 0 && fields.every((field) => field === "")) return;
    this.#rows++;
    if (!isWideEnough(fields, names.length, least)) {
      this.#faults.row(line, fields.length);
      return;
    }
    if (isHeader(fields, names, features[0] as number)) {
      this.#headers.push(line);
      return;
    }
    const row = labels.map((column) => this.#label(fields[column] ?? "", line, column));
    if (row.includes(undefined)) {
      this.#unlabelled++;
      return;
    }
    for (const value of row) this.#targets.push(value as number);
    for (const column of features) this.#inputs.push(this.#number(fields[column] ?? "", line, column, "feature"));
    for (const column of unnamed) this.#refuseNameless(fields[column] ?? "", line, column);
    if (owner !== undefined) this.#owners.push(this.#owner(fields[owner] ?? "", line, owner));
  }

  /** @throws HearsayError ERR_DATA where a row had a fault. */
  finish(): { data: Dataset; classes: readonly string[]; unlabelled: number } {
    const { names, labels, owner } = this.#columns;
    const length = this.#rows - this.#unlabelled;
    const fault = this.#classes?.fault(length);
    if (fault !== undefined) this.#faults.table(`column ${quoted(names[labels[0] as number] as string)}: ${fault}`);
    this.#refuseHeaders();
    this.#refuseUnread();
    this.#faults.throwIfAny(names, this.#rows);
    const table = { inputs: this.#inputs.take(), targets: inOrder(this.#targets.take(), this.#classes), length };
    return {
      data: owner === undefined ? table : { ...table, owners: this.#owners },
      classes: this.#classes?.sorted().classes ?? [],
      unlabelled: this.#unlabelled,
    };
  }

  /** NaN: no reading, or a fault, after which `finish` throws. */
  #number(text: string, line: number, column: number, use: "feature" | "label"): number {
    const value = this.#missing.text(text) ? Number.NaN : readNumber(text, this.#numbers);
    if (typeof value !== "number") this.#faults.value(column, line, text, value, use);
    else if (!Number.isNaN(value) && !this.#missing.number(value)) return value;
    else if (this.#refuseMissing && this.#unread.push({ line, column }) > MAX_UNREAD) this.#unread.pop();
    return Number.NaN;
  }

  /** Undefined: no reading. A number that means so among features may well be a class. */
  #label(text: string, line: number, column: number): number | undefined {
    if (this.#missing.text(text) && !(this.#classes !== undefined && this.#isClass(text))) return undefined;
    if (this.#classes === undefined) {
      const value = readNumber(text, this.#numbers);
      return typeof value === "number" && this.#missing.number(value)
        ? undefined
        : this.#number(text, line, column, "label");
    }
    const value = this.#classes.indexOf(text, line);
    if (typeof value === "number") return value;
    this.#faults.value(column, line, text, value, "label");
    return Number.NaN;
  }

  #isClass(text: string): boolean {
    return typeof readNumber(text) === "number" || this.#named.has(normalised(text));
  }

  #owner(text: string, line: number, column: number): string {
    const owner = normalised(text);
    if (owner === "") this.#faults.value(column, line, text, NO_OWNER, "owner");
    return owner;
  }

  #refuseHeaders(): void {
    if (this.#headers.length === 0) return;
    const some = this.#headers.slice(0, MAX_HEADERS).join(", ");
    const more = this.#headers.length > MAX_HEADERS ? ` and ${this.#headers.length - MAX_HEADERS} more` : "";
    this.#faults.table(`the header is there again, in line ${some}${more}: files put together? Delete these lines`);
  }

  #refuseUnread(): void {
    if (this.#unread.length === 0) return;
    const { names } = this.#columns;
    const some = this.#unread.map(({ line, column }) => `line ${line}, column ${quoted(names[column] as string)}`);
    this.#faults.table(`${some.join("; ")}: no reading. ${REFUSED}`);
  }

  #refuseNameless(text: string, line: number, column: number): void {
    if (text === "" || this.#nameless.has(column)) return;
    this.#nameless.add(column);
    const found = `column ${column + 1} has no name, but values (${shown(text)} in line ${line}): a row number?`;
    this.#faults.table(`${found} name it, or leave it out: ${dropOption([`#${column + 1}`])}`);
  }
}

/** Class indices by appearance to those of the sorted classes. */
function inOrder(targets: Float64Array, classes: ClassNames | undefined): Float64Array {
  if (classes === undefined) return targets;
  const { rank } = classes.sorted();
  return targets.map((index) => rank.get(index) as number);
}

/** The same names again, as where files were put together. */
function isHeader(fields: readonly string[], names: readonly string[], feature: number): boolean {
  if (fields[feature] !== names[feature]) return false; // spares almost all rows the rest
  return names.every((name, i) => normalised(fields[i] ?? "") === name);
}

/** What is wrong with the width of a row below this header; undefined where nothing is. */
export function widthFault(fields: readonly string[], header: readonly string[]): string | undefined {
  const least = header.findLastIndex((name) => name !== "") + 1;
  return isWideEnough(fields, header.length, least)
    ? undefined
    : `${fields.length} field(s), the header has ${header.length}`;
}

/** Fields beyond the header must be empty; those that a header lacks a name for may be absent. */
function isWideEnough(fields: readonly string[], wanted: number, least: number): boolean {
  if (fields.length <= wanted) return fields.length >= least;
  return fields.slice(wanted).every((field) => field === "");
}
