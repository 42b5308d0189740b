/** Examples checked against their task, and in the units in which a model sees them. */
import { HearsayError } from "../../base/errors.ts";
import { inputSize, type LearningTask, targetSize } from "../../base/task.ts";
import { type Dataset, type Numbers, standardise } from "./dataset.ts";

/** Examples as the model sees them. */
export interface PreparedData {
  /** Row-major, length x input size: (x - mean) / std. */
  readonly inputs: Float32Array;
  /** Classification: class indices. Regression: row-major, length x targets: (y - mean) / std. */
  readonly targets: Float32Array;
  readonly length: number;
}

/**
 * Checks a data set against the task and standardises it; arrays that are in the model's units already are shared, not
 * copied.
 * @throws HearsayError ERR_DATA where lengths do not agree or a class index is not one of the task's.
 */
export function prepareData(task: LearningTask, data: Dataset): PreparedData {
  const { input, output } = task;
  const targetWidth = targetSize(task);
  checkLength("inputs", data.inputs.length, data.length, inputSize(task));
  checkLength("targets", data.targets.length, data.length, targetWidth);
  const inputs = inModelUnits(data.inputs, input.mean, input.std);
  if (output.kind === "regression")
    return { inputs, targets: inModelUnits(data.targets, output.mean, output.std), length: data.length };
  const row = data.targets.findIndex(
    (value) => !Number.isInteger(value) || value < 0 || value >= output.classes.length,
  );
  if (row >= 0) {
    throw new HearsayError(
      "ERR_DATA",
      `row ${row} has class index ${data.targets[row]}; the task has classes 0 to ${output.classes.length - 1}`,
      { row, value: data.targets[row] },
    );
  }
  return { inputs, targets: inFloat32(data.targets), length: data.length };
}

/** (x - mean) / std in double precision, then float32; one mean or std holds for all columns. `values` itself where nothing changes. */
export function inModelUnits(values: Numbers, mean: readonly number[], std: readonly number[]): Float32Array {
  if (mean.every((value) => value === 0) && std.every((value) => value === 1)) {
    return inFloat32(values);
  }
  const period = Math.max(mean.length, std.length);
  const spread = (figures: readonly number[]) =>
    Array.from({ length: period }, (_, i) => figures[i % figures.length] as number);
  return standardise(values, spread(mean), spread(std));
}

function inFloat32(values: Numbers): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

function checkLength(what: "inputs" | "targets", given: number, rows: number, width: number): void {
  if (given === rows * width) return;
  throw new HearsayError("ERR_DATA", `${rows} rows of ${width} ${what} are ${rows * width} numbers, not ${given}`, {
    what,
    given,
    wanted: rows * width,
  });
}
