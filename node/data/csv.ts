/**
 * CSV to a data set. A header line is required; every value that training would see is checked, and faults are reported with
 * line and column, so that no NaN gets past this file.
 */
import { HearsayError } from "../../protocol/errors.ts";
import type { Dataset } from "../../protocol/learn/dataset.ts";
import { createClassNames } from "./class-names.ts";
import { type ColumnChoice, type CsvColumns, findColumns } from "./csv-columns.ts";
import { type Delimiter, readRecords } from "./csv-records.ts";
import { createFaults } from "./faults.ts";
import { growingFloats } from "./growing-floats.ts";
import { readNumber } from "./number.ts";

export interface CsvOptions extends ColumnChoice {
  /** Default: the one of , ; tab that occurs most in the header line. */
  readonly delimiter?: Delimiter | undefined;
  /** Bound of features and labels of all rows together; default DEFAULT_MAX_VALUES. */
  readonly maxValues?: number | undefined;
}

export interface CsvTable {
  /** With `inputsOnly`: no targets and no owners. */
  readonly data: Dataset;
  /** Names of the features, in order. */
  readonly features: readonly string[];
  /** Classification: names of the classes by index; else none. */
  readonly classes: readonly string[];
}

/** 40 MB of float32. */
export const DEFAULT_MAX_VALUES = 10_000_000;

/**
 * Reads a CSV file (gzipped where its name ends in .gz) as a stream.
 * @throws HearsayError ERR_DATA: up to 20 faults with line and column and their total; a header that lacks a column; no rows;
 * more than maxValues values.
 */
export async function readCsv(path: string, options: CsvOptions): Promise<CsvTable> {
  const { labels, maxValues = DEFAULT_MAX_VALUES } = options;
  let columns: CsvColumns | undefined;
  let rows: Rows | undefined;
  await readRecords(path, options.delimiter, (fields, line) => {
    if (columns === undefined || rows === undefined) {
      columns = findColumns(path, fields, options);
      rows = createRows(path, columns, labels.kind === "classification" ? labels : undefined);
    } else if ((rows.length + 1) * (columns.features.length + columns.labels.length) > maxValues) {
      const message = `more than ${maxValues} values; use fewer rows, or raise maxValues`;
      throw new HearsayError("ERR_DATA", `${path}: ${message}`, { path, maxValues });
    } else rows.add(fields, line);
  });
  if (rows === undefined || rows.length === 0) {
    throw new HearsayError("ERR_DATA", `${path}: there are no rows below a header line`, { path });
  }
  return rows.finish();
}

interface Rows {
  readonly length: number;
  add(fields: readonly string[], line: number): void;
  /** @throws HearsayError ERR_DATA where a row had a fault. */
  finish(): CsvTable;
}

function createRows(
  path: string,
  columns: CsvColumns,
  classification?: { classes?: readonly string[] | undefined },
): Rows {
  const faults = createFaults(path);
  const classNames = createClassNames(classification?.classes);
  const readLabel = classification === undefined ? readNumber : classNames.indexOf;
  const inputs = growingFloats();
  const targets = growingFloats();
  const owners: string[] = [];
  let length = 0;

  function read(fields: readonly string[], line: number, column: number, parse: (text: string) => number | string) {
    const value = parse(fields[column] as string);
    if (typeof value === "number") return value;
    faults.add(`line ${line}, column "${columns.names[column]}": ${value}`);
    return Number.NaN; // never seen: `finish` throws
  }

  return {
    get length() {
      return length;
    },
    add(fields, line) {
      length++;
      if (fields.length !== columns.names.length) {
        faults.add(`line ${line}: ${fields.length} field(s), the header has ${columns.names.length}`);
        return;
      }
      for (const column of columns.features) inputs.push(read(fields, line, column, readNumber));
      for (const column of columns.labels) targets.push(read(fields, line, column, readLabel));
      if (columns.owner === undefined) return;
      const owner = fields[columns.owner] as string;
      if (owner === "") faults.add(`line ${line}, column "${columns.names[columns.owner]}": the owner is missing`);
      owners.push(owner);
    },
    finish() {
      faults.throwIfAny();
      const { classes, rank } = classNames.sorted();
      const labels = targets.take();
      const table = {
        inputs: inputs.take(),
        targets: classification === undefined ? labels : labels.map((index) => rank.get(index) as number),
        length,
      };
      return {
        data: columns.owner === undefined ? table : { ...table, owners },
        features: columns.features.map((column) => columns.names[column] as string),
        classes,
      };
    },
  };
}
