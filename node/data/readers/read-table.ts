/** A table to a data set that fits the task: values that mean "no reading" come out as NaN, and what looks like one is told. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { columnCount } from "../../../protocol/learn/data/missing.ts";
import { type CsvTable, readCsv } from "../csv.ts";
import type { CsvLabels } from "../csv-columns.ts";
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
  return { data, warnings: suspected, toldFarOff: suspected.length > 0 }; // a sentinel would be told twice
}

/** `Reading.readInputs`. */
export async function readInputs(
  source: DataSource,
  task: DataTask,
  maxValues: number,
): Promise<Pick<Dataset, "inputs" | "length">> {
  return (await fromCsv(source, task, maxValues, true)).data;
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
    refuseMissing: task.input.missingPolicy === "refuse",
  });
  const { features: found } = table;
  const wanted = columnCount(task);
  if (found.length === wanted) return table;
  const masked = task.input.missingPolicy === "mask" ? ", half of them masks" : "";
  const shape = `${task.input.shape.join(" x ")}${masked}`;
  const message = `${found.length} feature columns, the task's input is ${shape} = ${wanted}`;
  const remedy = "choose them with --columns or --drop, or list them in input.features of the task";
  throw new HearsayError("ERR_DATA", `${path}: ${message}; ${remedy}`, { path, found, wanted });
}

function labelsOf({ output }: DataTask, label: string | undefined): CsvLabels {
  if (output.kind === "regression") return { kind: "regression", columns: output.targets };
  return { kind: "classification", column: label ?? output.column ?? DEFAULT_LABEL, classes: output.classes };
}
