/** Arrays to a data set that fits the task. */
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { outputSize } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { columnCount } from "../../../protocol/learn/data/missing.ts";
import { classIndices } from "../array-labels.ts";
import { openArrays, type RowsChoice, rowsOf } from "../arrays.ts";
import type { DataSource, DataTask, Examples } from "./reader.ts";

/** `Reading.readInputs`. */
export async function readInputs(
  { path }: DataSource,
  task: DataTask,
  maxValues: number,
): Promise<Pick<Dataset, "inputs" | "length">> {
  const { inputs } = await openArrays(path, maxValues);
  const { values, length } = rowsOf(path, "x", inputs, columnCount(task), choiceOf(task));
  return { inputs: values, length };
}

/** `Reading.readExamples`. */
export async function readExamples(source: DataSource, task: DataTask, maxValues: number): Promise<Examples> {
  const { path } = source;
  const arrays = await openArrays(path, maxValues, source.targets);
  const targets = await arrays.targets();
  const inputs = rowsOf(path, "x", arrays.inputs, columnCount(task), choiceOf(task));
  const rows = targets.shape[0] ?? 0;
  if (rows !== inputs.length) {
    throw new HearsayError(
      "ERR_DATA",
      `${path}: x has ${counted(inputs.length, "row")} and y has ${rows}; they must be pairs`,
      {
        path,
      },
    );
  }
  const { output } = task;
  const read =
    output.kind === "classification"
      ? classIndices(arrays.targetsPath, targets, output.classes)
      : { indices: rowsOf(arrays.targetsPath, "y", targets, outputSize(task)).values, warnings: [] };
  return {
    data: { inputs: inputs.values, targets: read.indices, length: inputs.length },
    warnings: read.warnings,
  };
}

/** NaN is a missing reading where the task says what becomes of one, and a fault where it says nothing. */
function choiceOf({ input: { missingPolicy, shape } }: DataTask): RowsChoice {
  return { mayMiss: missingPolicy !== undefined && missingPolicy !== "refuse", axes: shape };
}
