/** What the checks of a data set look at: rows as they were read, and figures of their columns. */
import { outputSize } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { columnCount } from "../../../protocol/learn/data/missing.ts";
import { type ColumnStats, columnStats } from "../check.ts";
import type { DataTask } from "../readers/reader.ts";

/** One column of the data, beside what the task was made for. */
export interface ColumnLook {
  readonly name: string;
  readonly use: "feature" | "target";
  /** Rows without a reading. */
  readonly missing: number;
  readonly lowest: number;
  readonly highest: number;
  /** Of the readings here. */
  readonly mean: number;
  readonly std: number;
  /** Of the task; the figures of all columns where it has one for all (`isShared`). */
  readonly taskMean: number;
  readonly taskStd: number;
  readonly isShared: boolean;
}

export interface DataLook {
  /** Names the data in messages. */
  readonly path: string;
  readonly task: DataTask;
  /** NaN among the inputs: no reading. Numbers may be changed later: look at once. */
  readonly data: Dataset;
  readonly columns: readonly ColumnLook[];
}

/** Costs three passes over the values. */
export function lookAt(path: string, data: Dataset, task: DataTask): DataLook {
  const { input, output } = task;
  const width = columnCount(task);
  const named = (i: number) => input.features[i] ?? `#${i + 1}`;
  const columns = columnsOf(columnStats(data.inputs, width), data.length, input, "feature", named);
  if (output.kind === "regression") {
    const stats = columnStats(data.targets, outputSize(task));
    columns.push(...columnsOf(stats, data.length, output, "target", (i) => output.targets[i] as string));
  }
  return { path, task, data, columns };
}

interface Agreed {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

function columnsOf(
  { mean, std, lowest, highest, count }: ColumnStats,
  rows: number,
  agreed: Agreed,
  use: ColumnLook["use"],
  named: (column: number) => string,
): ColumnLook[] {
  return mean.map((value, i) => ({
    name: named(i),
    use,
    missing: rows - (count[i] as number),
    lowest: lowest[i] as number,
    highest: highest[i] as number,
    mean: value,
    std: std[i] as number,
    taskMean: agreed.mean[i % agreed.mean.length] as number,
    taskStd: agreed.std[i % agreed.std.length] as number,
    isShared: mean.length > 1 && agreed.std.length === 1,
  }));
}

/** Whether all readings are equal; a column without any is none. */
export function isConstant({ lowest, highest }: ColumnLook): boolean {
  return lowest === highest;
}

/** Whether there is no reading at all. */
export function isEmpty({ lowest, highest }: ColumnLook): boolean {
  return lowest > highest;
}
