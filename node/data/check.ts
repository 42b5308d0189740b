/** What must vary in a data set for it to teach anything, and the figures that a task's standardisation is made of. */

import { HearsayError } from "../../protocol/base/errors.ts";
import type { Dataset, Numbers } from "../../protocol/learn/data/dataset.ts";
import { quoted } from "./names.ts";

export interface ColumnStats {
  readonly mean: readonly number[];
  /** Population standard deviation; 1 for a constant column, so that dividing by it is harmless. */
  readonly std: readonly number[];
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
  /** How many values there are: those that are no NaN. */
  readonly count: readonly number[];
}

/** Figures of each column of row-major values, in double precision; NaN, where there was no reading, is left out. */
export function columnStats(values: Numbers, columns: number): ColumnStats {
  const [sum, squares, count] = [new Float64Array(columns), new Float64Array(columns), new Uint32Array(columns)];
  const lowest = new Float64Array(columns).fill(Infinity);
  const highest = new Float64Array(columns).fill(-Infinity);
  eachValue(values, columns, (value, column) => {
    count[column] = (count[column] as number) + 1;
    if (value < (lowest[column] as number)) lowest[column] = value;
    if (value > (highest[column] as number)) highest[column] = value;
  });
  eachValue(values, columns, (value, column) => {
    sum[column] = (sum[column] as number) + value / (count[column] as number);
  });
  eachValue(values, columns, (value, column) => {
    const away = value - (sum[column] as number);
    squares[column] = (squares[column] as number) + (away * away) / (count[column] as number);
  });
  const std = Array.from(squares, (square, column) =>
    lowest[column] === highest[column] ? 1 : Math.sqrt(square) || 1,
  );
  return { mean: [...sum], std, lowest: [...lowest], highest: [...highest], count: [...count] };
}

function eachValue(values: Numbers, columns: number, visit: (value: number, column: number) => void): void {
  for (let start = 0; start < values.length; start += columns) {
    for (let column = 0; column < columns; column++) {
      const value = values[start + column] as number;
      if (!Number.isNaN(value)) visit(value, column);
    }
  }
}

export interface VariationOptions {
  /** Names the data in messages. */
  readonly path: string;
  readonly kind: "classification" | "regression";
  /** Names of the features, as far as they have any. */
  readonly features: readonly string[];
  /** Names of the targets of a regression, likewise. */
  readonly targets?: readonly string[];
  /**
   * The data is all that the task has, not one peer's share: labels that are all alike are then a mistake. A share may well be
   * like that (a vehicle that saw one kind of sign), and is worth a warning only.
   */
  readonly whole: boolean;
}

/**
 * Warnings about constant columns.
 * @throws HearsayError ERR_DATA for fewer than 2 rows, features that are all constant, or (`whole`) labels that are.
 */
export function checkVariation(
  data: Dataset,
  { path, kind, features, targets = [], whole }: VariationOptions,
): string[] {
  const refuse = (message: string) => new HearsayError("ERR_DATA", `${path}: ${message}`, { path });
  if (data.length < 2) throw refuse(`${data.length} row(s) are too few to learn from; at least 2 are needed`);
  const warnings: string[] = [];
  const width = data.inputs.length / data.length;
  const constant = [...constantColumns(data.inputs, width)];
  if (constant.length === width) throw refuse("every feature is constant: there is nothing to learn from");
  if (constant.length > 0) {
    const names = constant.slice(0, 5).map((column) => features[column] ?? String(column));
    const more = constant.length > 5 ? ", ..." : "";
    warnings.push(`${path}: ${constant.length} of ${width} features are constant: ${names.join(", ")}${more}`);
  }
  const labels = [...constantColumns(data.targets, data.targets.length / data.length)];
  if (labels.length > 0) {
    const names = labels.map((column) => quoted(targets[column] ?? `#${column + 1}`)).join(", ");
    const message =
      kind === "classification" ? "every row has the same class" : `in every row target ${names} is the same`;
    if (whole) throw refuse(`${message}: there is nothing to learn; is it the right label column?`);
    warnings.push(`${path}: ${message}: fine where that is how things are, else look at the label column`);
  }
  return warnings;
}

/** Fewer rows than this may well count by chance. */
const MIN_COUNTED = 10;

/** Columns that count the rows up by 1, as row numbers do: the first values tell of almost all that they do not. */
export function countingColumns(values: Numbers, columns: number): number[] {
  const rows = values.length / columns;
  if (rows < MIN_COUNTED) return [];
  return Array.from({ length: columns }, (_, column) => column).filter((column) => {
    let row = 1;
    while (
      row < rows &&
      (values[row * columns + column] as number) - (values[(row - 1) * columns + column] as number) === 1
    )
      row++;
    return row === rows;
  });
}

/** Columns of which all values are equal, or missing. */
function constantColumns(values: Numbers, columns: number): Set<number> {
  const constant = new Set(Array.from({ length: columns }, (_, column) => column));
  for (let i = columns; i < values.length && constant.size > 0; i++) {
    if (values[i] !== values[i % columns] && !(Number.isNaN(values[i]) && Number.isNaN(values[i % columns]))) {
      constant.delete(i % columns);
    }
  }
  return constant;
}
