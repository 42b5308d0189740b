/** What must vary in a data set for it to teach anything, and the figures that a task's standardisation is made of. */

import { HearsayError } from "../../protocol/errors.ts";
import { power } from "../../protocol/exp-log.ts";
import type { Dataset } from "../../protocol/learn/dataset.ts";

export interface ColumnStats {
  readonly mean: readonly number[];
  /** Population standard deviation; 1 for a constant column, so that dividing by it is harmless. */
  readonly std: readonly number[];
}

/** Mean and standard deviation of each column of row-major values, in double precision. */
export function columnStats(values: Float32Array, columns: number): ColumnStats {
  const rows = values.length / columns;
  const mean = new Array<number>(columns).fill(0);
  const variance = new Array<number>(columns).fill(0);
  values.forEach((value, i) => {
    mean[i % columns] = (mean[i % columns] as number) + value / rows;
  });
  values.forEach((value, i) => {
    variance[i % columns] = (variance[i % columns] as number) + power(value - (mean[i % columns] as number), 2) / rows;
  });
  const constant = constantColumns(values, columns);
  return { mean, std: variance.map((value, column) => (constant.has(column) ? 1 : Math.sqrt(value))) };
}

export interface VariationOptions {
  /** Names the data in messages. */
  readonly path: string;
  readonly kind: "classification" | "regression";
  /** Names of the features, as far as they have any. */
  readonly features: readonly string[];
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
export function checkVariation(data: Dataset, { path, kind, features, whole }: VariationOptions): string[] {
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
    const message =
      kind === "classification" ? "every row has the same class" : `target ${labels.join(", ")} is constant`;
    if (whole) throw refuse(`${message}: there is nothing to learn; is it the right label column?`);
    warnings.push(`${path}: ${message}; this peer learns the others from its neighbours only`);
  }
  return warnings;
}

function constantColumns(values: Float32Array, columns: number): Set<number> {
  const constant = new Set(Array.from({ length: columns }, (_, column) => column));
  for (let i = columns; i < values.length && constant.size > 0; i++) {
    if (values[i] !== values[i % columns]) constant.delete(i % columns);
  }
  return constant;
}
