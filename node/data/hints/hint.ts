/** What a hint of `hearsay init` is: something in a table that its owner should decide, before others take the task. Each is one file of this folder; `registry.ts` lists them. */
import type { Numbers } from "../../../protocol/learn/data/dataset.ts";

/** A table as it was read. */
export interface TableLook {
  /** Row-major; NaN: no reading. */
  readonly inputs: Numbers;
  /** Row-major; indices of `classes` in a classification. */
  readonly targets: Numbers;
  readonly rows: number;
  readonly features: readonly string[];
  /** Names of the label columns. */
  readonly labels: readonly string[];
  /** Of a regression: none. */
  readonly classes: readonly string[];
}

export interface Hint {
  readonly name: string;
  /** What it looks for, for the README. */
  readonly about: string;
  /** A sentence for each finding, with what to do. */
  run(look: TableLook): readonly string[];
}

/** Values that are looked at by a hint that sorts columns: half a second's work. */
export const MAX_SORTED = 5_000_000;

/** One column of row-major values, of the first `rows` rows. */
export function columnOf(values: Numbers, column: number, width: number, rows: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => values[row * width + column] as number);
}
