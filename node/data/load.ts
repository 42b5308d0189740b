/** A data file of the user to a data set that fits the task, by the extension of its name. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Task } from "../../protocol/base/task.ts";
import { inputSize, outputSize } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { classIndices } from "./array-labels.ts";
import { openArrays, rowsOf } from "./arrays.ts";
import { checkVariation } from "./check.ts";
import { type CsvTable, DEFAULT_MAX_VALUES, readCsv } from "./csv.ts";
import type { CsvLabels } from "./csv-columns.ts";
import type { TextChoice } from "./csv-records.ts";
import { farOffWarnings } from "./far-off.ts";
import { fillMissing } from "./missing.ts";
import { type NameList, valuesIn } from "./name-list.ts";
import { suspectedSentinels } from "./sentinels.ts";

/** Where the data is and, as far as the task does not say so, what is in it. */
export interface DataSource extends Omit<TextChoice, "wanted"> {
  /** .csv, .tsv (also .gz), .npy (of the inputs) or .safetensors (tensors x and y, or inputs and targets). */
  readonly path: string;
  /** .npy only: the file of the targets; default y.npy beside `path`. */
  readonly targets?: string | undefined;
  /** CSV of a classification only: the column of the class; default that of the task. A regression's columns are named in the task. */
  readonly label?: string | undefined;
  /** CSV only: the column that names the owner of a row. */
  readonly owner?: string | undefined;
  /** CSV only: the features, where the task does not name them. */
  readonly columns?: NameList | undefined;
  /** CSV only: columns to leave out. */
  readonly drop?: NameList | undefined;
  /** CSV only: values that mean "no reading", beside those of the task. */
  readonly missing?: NameList | undefined;
}

export interface LoadOptions {
  /** True where this is all the data of the task, not one peer's share: see `checkVariation`. Default false. */
  readonly whole?: boolean;
  /** Bound of the values that are read; default 50 million. */
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
  const { features } = task.input;
  const check = (data: Dataset) => checkVariation(data, { path, kind: task.output.kind, features, whole });
  if (formatOf(path) === "arrays") {
    const { data, warnings } = await fromArrays(source, task, maxValues);
    return { data, warnings: [...warnings, ...check(data), ...farOffWarnings(path, data, task)] };
  }
  const { data, features: names } = await fromCsv(source, task, maxValues, false);
  const suspected = suspectedSentinels(data.inputs, names).map(
    ({ column, value, count, remedy }) =>
      `${path}: column "${column}" is ${value} in ${count} row(s), far from all others; ${remedy}`,
  );
  const absent = fillMissing(data.inputs, names.length, task.input.mean).reduce((sum, count) => sum + count, 0);
  const filled =
    absent === 0 ? [] : [`${path}: ${absent} value(s) are no readings; the means of their columns stand in`];
  const far = suspected.length > 0 ? [] : farOffWarnings(path, data, task); // a sentinel would be told twice
  return { data, warnings: [...check(data), ...filled, ...suspected, ...far] };
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
  if (formatOf(source.path) === "csv") {
    const { data, features } = await fromCsv(source, task, maxValues, true);
    fillMissing(data.inputs, features.length, task.input.mean);
    return data;
  }
  const { inputs } = await openArrays(source.path, maxValues);
  const { values, length } = rowsOf(source.path, "x", inputs, inputSize(task));
  return { inputs: values, length };
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

async function fromArrays(source: DataSource, task: DataTask, maxValues: number): Promise<LoadedData> {
  const { path } = source;
  const arrays = await openArrays(path, maxValues, source.targets);
  const targets = await arrays.targets();
  const inputs = rowsOf(path, "x", arrays.inputs, inputSize(task));
  const rows = targets.shape[0] ?? 0;
  if (rows !== inputs.length) {
    throw new HearsayError("ERR_DATA", `${path}: x has ${inputs.length} rows and y has ${rows}; they must be pairs`, {
      path,
    });
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

/** Files of other kinds, and how to make one of these of them. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  npz: "an archive of arrays: numpy.save each in a file of its own",
  xlsx: "a spreadsheet: save it as CSV",
  xls: "a spreadsheet: save it as CSV",
  ods: "a spreadsheet: save it as CSV",
  parquet: "Parquet: in pandas, read_parquet(file).to_csv(name, index=False)",
  feather: "Feather: in pandas, read_feather(file).to_csv(name, index=False)",
  pkl: "a pickle, which is code and never read: in pandas, to_csv(name, index=False)",
  pt: "a PyTorch file, which is pickled code and never read: safetensors.torch.save_file({'x': x, 'y': y}, name)",
  h5: "HDF5: in pandas, read_hdf(file).to_csv(name, index=False)",
  mat: "MATLAB's: writematrix there, or numpy.save of scipy.io.loadmat(file)['x']",
  jsonl: "lines of JSON: in pandas, read_json(file, lines=True).to_csv(name, index=False)",
  arrow: "Arrow: in pandas, read_feather(file).to_csv(name, index=False)",
  rds: "R's: write.csv(readRDS(file), name, row.names = FALSE) there",
  sav: "of SPSS: in pandas, read_spss(file).to_csv(name, index=False)",
  dta: "of Stata: in pandas, read_stata(file).to_csv(name, index=False)",
  json: "JSON: in pandas, read_json(file).to_csv(name, index=False)",
  zip: "an archive: unpack it",
  txt: "text of no known kind: rename it to .csv if it is a table",
};

/** @throws HearsayError ERR_DATA for a file whose name says something else. */
export function formatOf(path: string): "csv" | "arrays" {
  if (/\.[ct]sv(?:\.gz)?$/i.test(path)) return "csv";
  if (/\.(?:npy|safetensors)(?:\.gz)?$/i.test(path)) return "arrays";
  const what =
    OTHER_KINDS[/\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ""] ??
    "its name ends as that of no known kind: rename it to .csv if it is a table";
  throw new HearsayError(
    "ERR_DATA",
    `${path}: ${what}; read are .csv, .tsv, .npy and .safetensors, also .gz of these`,
    {
      path,
    },
  );
}
