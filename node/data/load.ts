/**
 * A data file of the user to a data set that fits the task, by the reader of its name (`readers/`). What becomes of rows without a reading is the task's
 * choice (`protocol/learn/data/missing.ts`).
 */
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import { columnCount, fillMissing, missingInWords, withMasks } from "../../protocol/learn/data/missing.ts";
import { checkVariation } from "./check.ts";
import { DEFAULT_MAX_VALUES } from "./csv.ts";
import { farOffWarnings } from "./far-off.ts";
import { type DataLook, lookAt } from "./preflight/look.ts";
import type { DataReader, DataSource, DataTask } from "./readers/reader.ts";
import { READERS, readerFor } from "./readers/registry.ts";

export type { DataSource, DataTask } from "./readers/reader.ts";

export interface LoadOptions {
  /** True where this is all the data of the task, not one peer's share: see `checkVariation`. Default false. */
  readonly whole?: boolean;
  /** Bound of the values that are read; default 50 million. */
  readonly maxValues?: number;
  /** Those that are asked; default `READERS`. */
  readonly readers?: readonly DataReader[];
  /**
   * Gets the rows as they were read, with NaN for no reading, before anything is refused or filled in; what it finds stands for the warnings about columns
   * and values here.
   */
  readonly examine?: (look: DataLook) => void;
}

export interface LoadedData {
  readonly data: Dataset;
  /** For people, e.g. constant columns. */
  readonly warnings: readonly string[];
}

/**
 * Examples with targets, every value finite, every class one of the task's.
 * @throws HearsayError ERR_DATA (what is wrong, where, and the remedy), ERR_DECODE for array files that are malformed.
 */
export async function loadDataset(
  source: DataSource,
  task: DataTask,
  { whole = false, maxValues = DEFAULT_MAX_VALUES, readers = READERS, examine }: LoadOptions = {},
): Promise<LoadedData> {
  const { path } = source;
  const { features, mean, missingPolicy } = task.input;
  const width = columnCount(task);
  const { readExamples } = await readerFor(path, readers).load();
  const { data: raw, warnings, toldFarOff = false } = await readExamples(source, task, maxValues);
  examine?.(lookAt(path, raw, task));
  const { inputs, rows, absent, mask } = fillMissing(missingPolicy, raw, width, mean);
  const data = rows === undefined ? { ...raw, inputs } : selectRows({ ...raw, inputs }, rows);
  const filled = absent === 0 ? [] : [`${path}: ${missingInWords(missingPolicy, absent, raw.length - data.length)}`];
  const { output } = task;
  const targets = output.kind === "regression" ? output.targets : [];
  const variation = checkVariation(data, { path, kind: output.kind, features, targets, whole });
  const far = toldFarOff ? [] : farOffWarnings(path, data, task);
  return {
    data: { ...data, inputs: withMasks(data.inputs, mask, width) },
    warnings: [...filled, ...warnings, ...(examine === undefined ? [...variation, ...far] : [])],
  };
}

/** Rows to predict, as the model sees them. */
export interface LoadedInputs extends Pick<Dataset, "inputs" | "length"> {
  /** Rows that the task leaves out, since a reading is missing: they get no answer. */
  readonly unanswered: ReadonlySet<number>;
}

/**
 * Rows to predict: like `loadDataset`, but targets are neither needed nor read, and one row is enough. Rows keep their places.
 * @throws HearsayError ERR_DATA, ERR_DECODE.
 */
export async function loadInputs(
  source: DataSource,
  task: DataTask,
  { maxValues = DEFAULT_MAX_VALUES, readers = READERS }: Pick<LoadOptions, "maxValues" | "readers"> = {},
): Promise<LoadedInputs> {
  const { readInputs } = await readerFor(source.path, readers).load();
  const raw = await readInputs(source, task, maxValues);
  const { mean, missingPolicy } = task.input;
  const width = columnCount(task);
  const { inputs, rows, mask } = fillMissing(missingPolicy, raw, width, mean);
  const kept = rows === undefined ? undefined : new Set(rows);
  const left = kept === undefined ? [] : Array.from({ length: raw.length }, (_, row) => row);
  return {
    inputs: withMasks(inputs, mask, width),
    length: raw.length,
    unanswered: new Set(left.filter((row) => kept?.has(row) === false)),
  };
}
