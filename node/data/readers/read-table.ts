/** A table to a data set that fits the task: values that mean "no reading" are filled in, and what looks like one is told. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { inputSize } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { type CsvTable, readCsv } from "../csv.ts";
import type { CsvLabels } from "../csv-columns.ts";
import { fillMissing } from "../missing.ts";
import { valuesIn } from "../name-list.ts";
import { suspectedSentinels } from "../sentinels.ts";
import type { DataSource, DataTask, Examples } from "./reader.ts";

const DEFAULT_LABEL = "label";

/** `Reading.readExamples`. */
export async function readExamples(source: DataSource, task: DataTask, maxValues: number): Promise<Examples> {
  const { path } = source;
  const { data, features } = await fromCsv(source, task, maxValues, false);
  const suspected = suspectedSentinels(data.inputs, features).map(
    ({ column, value, count, remedy }) =>
      `${path}: column "${column}" is ${value} in ${count} row(s), far from all others; ${remedy}`,
  );
  const absent = fillMissing(data.inputs, features.length, task.input.mean).reduce((sum, count) => sum + count, 0);
  const filled =
    absent === 0 ? [] : [`${path}: ${absent} value(s) are no readings; the means of their columns stand in`];
  return { data, warnings: [...filled, ...suspected], toldFarOff: suspected.length > 0 }; // a sentinel would be told twice
}

/** `Reading.readInputs`. */
export async function readInputs(
  source: DataSource,
  task: DataTask,
  maxValues: number,
): Promise<Pick<Dataset, "inputs" | "length">> {
  const { data, features } = await fromCsv(source, task, maxValues, true);
  fillMissing(data.inputs, features.length, task.input.mean);
  return data;
}

async function fromCsv(source: DataSource, task: DataTask, maxValues: number, inputsOnly: boolean): Promise<CsvTable> {
  const { path, label, missing } = source;
  const { features } = task.input;
  const absent = [...(task.input.missing ?? []), ...(missing === undefined ? [] : valuesIn(missing))];
  const table = await readCsv(path, {
    ...source,
    labels: labelsOf(task, label),
    inputsOnly,
    maxValues,
    features: features.length > 0 ? features : undefined,
    missing: absent,
  });
  const { features: found } = table;
  const wanted = inputSize(task);
  if (found.length === wanted) return table;
  const shape = task.input.shape.join(" x ");
  const message = `${found.length} feature columns, the task's input is ${shape} = ${wanted}`;
  const remedy = "choose them with --columns or --drop, or list them in input.features of the task";
  throw new HearsayError("ERR_DATA", `${path}: ${message}; ${remedy}`, { path, found, wanted });
}

function labelsOf({ output }: DataTask, label: string | undefined): CsvLabels {
  if (output.kind === "regression") return { kind: "regression", columns: output.targets };
  return { kind: "classification", column: label ?? output.column ?? DEFAULT_LABEL, classes: output.classes };
}
