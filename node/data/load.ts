/** A data file of the user to a data set that fits the task, by the extension of its name. */
import { HearsayError } from "../../protocol/errors.ts";
import type { Dataset } from "../../protocol/learn/dataset.ts";
import type { Task } from "../../protocol/task.ts";
import { inputSize, outputSize } from "../../protocol/task.ts";
import { checkArray, checkClasses, openArrays } from "./arrays.ts";
import { checkVariation } from "./check.ts";
import { DEFAULT_MAX_VALUES, readCsv } from "./csv.ts";
import type { CsvLabels } from "./csv-columns.ts";
import type { Delimiter } from "./csv-records.ts";

/** Where the data is and, as far as the task does not say so, what is in it. */
export interface DataSource {
  /** .csv, .tsv (also .gz), .npy (of the inputs) or .safetensors (tensors x and y, or inputs and targets). */
  readonly path: string;
  /** .npy only: the file of the targets; default y.npy beside `path`. */
  readonly targets?: string | undefined;
  /** CSV of a classification only: the column of the class; default "label". A regression's columns are named in the task. */
  readonly label?: string | undefined;
  /** CSV only: the column that names the owner of a row. */
  readonly owner?: string | undefined;
  /** CSV only: default by the header line. */
  readonly delimiter?: Delimiter | undefined;
}

export interface LoadOptions {
  /** True where this is all the data of the task, not one peer's share: see `checkVariation`. Default false. */
  readonly whole?: boolean;
  /** Bound of the values that are read; default 10 million. */
  readonly maxValues?: number;
}

/** The part of a task on which reading data depends. */
export type DataTask = Pick<Task, "input" | "output">;

export interface LoadedData {
  readonly data: Dataset;
  /** For people, e.g. constant columns. */
  readonly warnings: readonly string[];
}

const DEFAULT_LABEL = "label";

/**
 * Examples with targets, every value finite, every class one of the task's.
 * @throws HearsayError ERR_DATA (what is wrong, where, and the remedy), ERR_DECODE for array files that are malformed.
 */
export async function loadDataset(
  source: DataSource,
  task: DataTask,
  { whole = false, maxValues = DEFAULT_MAX_VALUES }: LoadOptions = {},
): Promise<LoadedData> {
  const { path } = source;
  const isCsv = formatOf(path) === "csv";
  const data = isCsv ? await fromCsv(source, task, maxValues, false) : await fromArrays(source, task, maxValues);
  const { features } = task.input;
  return { data, warnings: checkVariation(data, { path, kind: task.output.kind, features, whole }) };
}

/**
 * Rows to predict: like `loadDataset`, but targets are neither needed nor read, and one row is enough.
 * @throws HearsayError ERR_DATA, ERR_DECODE.
 */
export async function loadInputs(
  source: DataSource,
  task: DataTask,
  { maxValues = DEFAULT_MAX_VALUES }: Pick<LoadOptions, "maxValues"> = {},
): Promise<Pick<Dataset, "inputs" | "length">> {
  if (formatOf(source.path) === "csv") return fromCsv(source, task, maxValues, true);
  const { inputs } = await openArrays(source.path, maxValues);
  return { inputs: inputs.values, length: checkArray(source.path, "x", inputs, inputSize(task)) };
}

async function fromCsv(source: DataSource, task: DataTask, maxValues: number, inputsOnly: boolean): Promise<Dataset> {
  const { path, label, owner } = source;
  const delimiter = source.delimiter ?? (/\.tsv(?:\.gz)?$/i.test(path) ? "\t" : undefined);
  const { features } = task.input;
  const { data, features: found } = await readCsv(path, {
    labels: labelsOf(task, label),
    inputsOnly,
    maxValues,
    features: features.length > 0 ? features : undefined,
    owner,
    delimiter,
  });
  const wanted = inputSize(task);
  if (found.length === wanted) return data;
  const shape = task.input.shape.join(" x ");
  const message = `${found.length} feature columns, the task's input is ${shape} = ${wanted}`;
  const remedy = "list the columns in input.features of the task";
  throw new HearsayError("ERR_DATA", `${path}: ${message}; ${remedy}`, { path, found, wanted });
}

function labelsOf({ output }: DataTask, label: string = DEFAULT_LABEL): CsvLabels {
  if (output.kind === "regression") return { kind: "regression", columns: output.targets };
  return { kind: "classification", column: label, classes: output.classes };
}

async function fromArrays(source: DataSource, task: DataTask, maxValues: number): Promise<Dataset> {
  const { path } = source;
  const arrays = await openArrays(path, maxValues, source.targets);
  const targets = await arrays.targets();
  const classification = task.output.kind === "classification";
  const length = checkArray(path, "x", arrays.inputs, inputSize(task));
  const rows = checkArray(arrays.targetsPath, "y", targets, classification ? 1 : outputSize(task));
  if (rows !== length) {
    throw new HearsayError("ERR_DATA", `${path}: x has ${length} rows and y has ${rows}; they must be pairs`, { path });
  }
  if (classification) checkClasses(arrays.targetsPath, targets.values, outputSize(task));
  return { inputs: arrays.inputs.values, targets: targets.values, length };
}

function formatOf(path: string): "csv" | "arrays" {
  if (/\.[ct]sv(?:\.gz)?$/i.test(path)) return "csv";
  if (/\.(?:npy|safetensors)$/.test(path)) return "arrays";
  throw new HearsayError(
    "ERR_DATA",
    `${path}: unknown kind of file; give .csv or .tsv (also .gz), .npy or .safetensors`,
    { path },
  );
}
