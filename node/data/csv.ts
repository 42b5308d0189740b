/**
 * A table in a text file to a data set. A header line is required; every value that training would see is checked, and faults are
 * reported with line and column. What a table means by "no reading" comes out as NaN, and only where that was asked for.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { type ColumnChoice, type CsvColumns, findColumns, type LeftOut } from "./csv-columns.ts";
import { openTable, type TextChoice, type TextTable } from "./csv-records.ts";
import { CsvRows } from "./csv-rows.ts";
import { type NameList, namesIn } from "./name-list.ts";

export interface CsvOptions extends ColumnChoice, Omit<TextChoice, "wanted"> {
  /** Values that mean "no reading"; `empty` is an empty field. */
  readonly missing?: NameList | undefined;
  /** A feature without a reading is a fault. */
  readonly refuseMissing?: boolean | undefined;
  /** Bound of features and labels of all rows together; default DEFAULT_MAX_VALUES. */
  readonly maxValues?: number | undefined;
}

export interface CsvTable {
  /** In float64. NaN: no reading (`missing`). With `inputsOnly`: no targets and no owners. */
  readonly data: Dataset;
  /** Names of the features, in order. */
  readonly features: readonly string[];
  /** Names of the label columns. */
  readonly labels: readonly string[];
  /** Classification: names of the classes by index; else none. */
  readonly classes: readonly string[];
  readonly taken: CsvTaken;
}

/** How the file was read. */
export interface CsvTaken extends Pick<TextTable, "encoding" | "gzipped" | "delimiter" | "numbers"> {
  readonly leftOut: readonly LeftOut[];
  /** Rows without a label, which are left out. */
  readonly unlabelled: number;
}

/** 400 MB of float64: five million rows of ten columns. */
export const DEFAULT_MAX_VALUES = 50_000_000;

/**
 * Reads a table (gzipped or not, in any encoding that is certain) as a stream.
 * @throws HearsayError ERR_DATA: faults with line and column and their total; a header that lacks a column; no rows; more than
 * maxValues values; ERR_CONFIG for choices that contradict the task.
 */
export async function readCsv(path: string, options: CsvOptions): Promise<CsvTable> {
  const { maxValues = DEFAULT_MAX_VALUES } = options;
  const table = await openTable(path, { ...options, wanted: wantedOf(options) });
  let columns: CsvColumns | undefined;
  let rows: CsvRows | undefined;
  await table.read((fields, line) => {
    if (columns === undefined || rows === undefined) {
      if (fields.every((field) => field === "")) return; // above the header
      columns = findColumns(path, fields, options);
      rows = new CsvRows(path, columns, { ...options, numbers: table.numbers });
    } else if ((rows.length + 1) * (columns.features.length + columns.labels.length) > maxValues) {
      const message = `more than ${maxValues} values; use fewer rows, or fewer columns (--columns, --drop)`;
      throw new HearsayError("ERR_DATA", `${path}: ${message}`, { path, maxValues });
    } else rows.add(fields, line);
  });
  if (columns === undefined || rows === undefined || rows.length === 0) {
    throw new HearsayError("ERR_DATA", `${path}: there are no rows below a header line`, { path });
  }
  const { names, leftOut } = columns;
  const named = (positions: readonly number[]) => positions.map((position) => names[position] as string);
  const { encoding, gzipped, delimiter, numbers } = table;
  const { unlabelled, ...rest } = rows.finish();
  return {
    ...rest,
    features: named(columns.features),
    labels: named(columns.labels),
    taken: { encoding, gzipped, delimiter, numbers, leftOut, unlabelled },
  };
}

/** Names by which the header is known. */
function wantedOf({ labels, features = [], columns, owner }: CsvOptions): string[] {
  const targets = labels.kind === "classification" ? [labels.column] : namesIn(labels.columns);
  return [
    ...targets,
    ...features,
    ...(columns === undefined ? [] : namesIn(columns)),
    ...(owner === undefined ? [] : [owner]),
  ];
}
