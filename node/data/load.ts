/** A data file of the user to a data set that fits the task, by the reader of its name (`readers/`). */
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { checkVariation } from "./check.ts";
import { DEFAULT_MAX_VALUES } from "./csv.ts";
import { farOffWarnings } from "./far-off.ts";
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
  { whole = false, maxValues = DEFAULT_MAX_VALUES, readers = READERS }: LoadOptions = {},
): Promise<LoadedData> {
  const { path } = source;
  const { features } = task.input;
  const { readExamples } = await readerFor(path, readers).load();
  const { data, warnings, toldFarOff = false } = await readExamples(source, task, maxValues);
  const variation = checkVariation(data, { path, kind: task.output.kind, features, whole });
  const far = toldFarOff ? [] : farOffWarnings(path, data, task);
  return { data, warnings: [...warnings, ...variation, ...far] };
}

/**
 * Rows to predict: like `loadDataset`, but targets are neither needed nor read, and one row is enough.
 * @throws HearsayError ERR_DATA, ERR_DECODE.
 */
export async function loadInputs(
  source: DataSource,
  task: DataTask,
  { maxValues = DEFAULT_MAX_VALUES, readers = READERS }: Pick<LoadOptions, "maxValues" | "readers"> = {},
): Promise<Pick<Dataset, "inputs" | "length">> {
  const { readInputs } = await readerFor(source.path, readers).load();
  return readInputs(source, task, maxValues);
}
