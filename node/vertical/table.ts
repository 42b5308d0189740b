/** A party's table: ids, columns, and the labels of one of them. */
import { counted } from "../../protocol/base/counted.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Columns } from "../../protocol/vertical/block.ts";
import { checkIds } from "../../protocol/vertical/matching.ts";
import type { ProblemKind } from "../../protocol/vertical/problem.ts";
import { readCsv } from "../data/csv.ts";
import type { NameList } from "../data/name-list.ts";

export interface TableChoice {
  readonly path: string;
  readonly idColumn: string;
  /** Features, in order: as they are saved. */
  readonly features?: readonly string[];
  /** Features as the user names them, or all but some. */
  readonly columns?: NameList | undefined;
  readonly drop?: NameList | undefined;
  /** The column of labels, of the party that has them. */
  readonly label?:
    | { readonly column: string; readonly kind: ProblemKind; readonly classes?: readonly string[] }
    | undefined;
}

export interface VerticalTable {
  readonly ids: readonly string[];
  readonly names: readonly string[];
  /** Column by column. */
  readonly columns: readonly Float64Array[];
  /** Empty where no column was named. */
  readonly labels: Float64Array;
  readonly classes: readonly string[];
}

/** @throws HearsayError ERR_DATA for what cannot be read, ids that cannot be matched, or labels of other than two classes. */
export async function readVerticalTable(choice: TableChoice): Promise<VerticalTable> {
  const { path, idColumn, features, columns, drop, label } = choice;
  const labels =
    label?.kind === "logistic"
      ? ({ kind: "classification", column: label.column, ...(label.classes && { classes: label.classes }) } as const)
      : ({ kind: "regression", columns: label === undefined ? [] : [label.column] } as const);
  const table = await readCsv(path, { labels, features, columns, drop, owner: idColumn });
  const { data } = table;
  const ids = data.owners ?? [];
  checkIds(ids, idColumn);
  if (label?.kind === "logistic" && table.classes.length !== 2)
    throw new HearsayError(
      "ERR_DATA",
      `${path}: column ${JSON.stringify(label.column)} has ${counted(table.classes.length, "class", "classes")}; logistic regression tells two apart (--kind linear for numbers)`,
    );
  const width = table.features.length;
  return {
    ids,
    names: table.features,
    columns: table.features.map((_, j) => Float64Array.from(ids, (_id, i) => data.inputs[i * width + j] as number)),
    labels: Float64Array.from(data.targets),
    classes: table.classes,
  };
}

/** Rows of a table by id. @throws HearsayError ERR_DATA where the table no longer has one. */
export function rowsOf(table: VerticalTable, ids: readonly string[], path: string): number[] {
  const rows = new Map(table.ids.map((id, row) => [id, row]));
  return ids.map((id) => {
    const row = rows.get(id);
    if (row === undefined)
      throw new HearsayError(
        "ERR_DATA",
        `${path} has no row of ${JSON.stringify(id)} any more: put it back, or match anew`,
      );
    return row;
  });
}

/** Some rows of all columns. */
export function pick(columns: readonly Float64Array[], rows: readonly number[]): Float64Array[] {
  return columns.map((column) => Float64Array.from(rows, (row) => column[row] as number));
}

/** Standardised columns as a party trains on them; the label holder's have an intercept. */
export function trainedColumns(values: readonly Float64Array[], numRows: number, withIntercept: boolean): Columns {
  const intercept = withIntercept ? [new Float64Array(numRows).fill(1)] : [];
  return {
    numRows,
    values: [...values, ...intercept],
    hasRidge: [...values.map(() => true), ...intercept.map(() => false)],
  };
}
