/** The rows of a table, as they become numbers. */
import type { Dataset } from "../../protocol/learn/dataset.ts";
import { type ClassNames, createClassNames } from "./class-names.ts";
import { type ColumnChoice, type CsvColumns, dropOption } from "./csv-columns.ts";
import { createCsvFaults } from "./csv-faults.ts";
import { growingFloats } from "./growing-floats.ts";
import { createMissing } from "./missing.ts";
import type { NameList } from "./name-list.ts";
import { normalised, quoted } from "./names.ts";
import { type NumberFormat, readNumber, shown } from "./number.ts";

export interface RowOptions extends Pick<ColumnChoice, "labels"> {
  readonly numbers: NumberFormat;
  readonly missing?: NameList | undefined;
}

export interface CsvRows {
  readonly length: number;
  add(fields: readonly string[], line: number): void;
  /** @throws HearsayError ERR_DATA where a row had a fault. */
  finish(): { data: Dataset; classes: readonly string[]; unlabelled: number };
}

export function createCsvRows(path: string, columns: CsvColumns, options: RowOptions): CsvRows {
  const { names, features, labels, owner, unnamed, least } = columns;
  const classes = options.labels.kind === "classification" ? createClassNames(options.labels.classes) : undefined;
  const faults = createCsvFaults(path);
  const missing = createMissing(options.missing);
  const inputs = growingFloats();
  const targets = growingFloats();
  const owners: string[] = [];
  const nameless = new Set<number>();
  let rows = 0;
  let unlabelled = 0;

  function number(fields: readonly string[], line: number, column: number, feature: boolean): number {
    const text = fields[column] ?? "";
    const value = missing.text(text) ? Number.NaN : readNumber(text, options.numbers);
    if (typeof value === "number") return missing.number(value) ? Number.NaN : value;
    faults.value(column, line, text, value, feature);
    return Number.NaN; // never seen: `finish` throws
  }

  function refuseNameless(column: number, line: number, text: string): void {
    if (text === "" || nameless.has(column)) return;
    nameless.add(column);
    const remedy = `name it, or leave it out: ${dropOption([`#${column + 1}`])}`;
    faults.table(
      `column ${column + 1} has no name, but values (${shown(text)} in line ${line}): a row number? ${remedy}`,
    );
  }

  /** Undefined: no reading. */
  function label(fields: readonly string[], line: number, column: number): number | undefined {
    const text = fields[column] ?? "";
    if (missing.text(text)) return undefined;
    if (classes === undefined) {
      const target = number(fields, line, column, false);
      return missing.number(Number(text)) ? undefined : target;
    }
    const value = classes.indexOf(text, line);
    if (typeof value === "number") return value;
    faults.value(column, line, text, value, false);
    return Number.NaN;
  }

  function add(fields: readonly string[], line: number): void {
    rows++;
    if (!isWideEnough(fields, names.length, least)) {
      faults.row(line, fields.length);
      return;
    }
    const row = labels.map((column) => label(fields, line, column));
    if (row.includes(undefined)) {
      unlabelled++;
      return;
    }
    for (const value of row) targets.push(value as number);
    for (const column of features) inputs.push(number(fields, line, column, true));
    for (const column of unnamed) refuseNameless(column, line, fields[column] ?? "");
    if (owner === undefined) return;
    const text = normalised(fields[owner] as string);
    if (text === "") faults.value(owner, line, text, "the owner is missing", false);
    owners.push(text);
  }

  return {
    get length() {
      return rows;
    },
    add,
    finish() {
      const length = rows - unlabelled;
      const fault = classes?.fault(length);
      if (fault !== undefined) faults.table(`column ${quoted(names[labels[0] as number] as string)}: ${fault}`);
      faults.throwIfAny(names, rows);
      const table = { inputs: inputs.take(), targets: inOrder(targets.take(), classes), length };
      return {
        data: owner === undefined ? table : { ...table, owners },
        classes: classes?.sorted().classes ?? [],
        unlabelled,
      };
    },
  };
}

/** Class indices by appearance to those of the sorted classes. */
function inOrder(targets: Float64Array, classes: ClassNames | undefined): Float64Array {
  if (classes === undefined) return targets;
  const { rank } = classes.sorted();
  return targets.map((index) => rank.get(index) as number);
}

/** Fields beyond the header must be empty; those that a header lacks a name for may be absent. */
function isWideEnough(fields: readonly string[], wanted: number, least: number): boolean {
  if (fields.length <= wanted) return fields.length >= least;
  return fields.slice(wanted).every((field) => field === "");
}
