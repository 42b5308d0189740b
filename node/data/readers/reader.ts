/** What a reader of data files is. Each reader is one file of this folder; `registry.ts` lists them. */
import type { Task } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import type { TextChoice } from "../csv-records.ts";
import type { NameList } from "../name-list.ts";

/** Where the data is and, as far as the task does not say so, what is in it. */
export interface DataSource extends Omit<TextChoice, "wanted"> {
  /** The file; for .npy, that of the inputs; in .safetensors, tensors x and y, or inputs and targets. */
  readonly path: string;
  /** .npy only: the file of the targets; default y.npy beside `path`. */
  readonly targets?: string | undefined;
  /** Tables of a classification only: the column of the class; default that of the task. A regression's columns are named in the task. */
  readonly label?: string | undefined;
  /** Tables only: the column that names the owner of a row. */
  readonly owner?: string | undefined;
  /** Tables only: the features, where the task does not name them. */
  readonly columns?: NameList | undefined;
  /** Tables only: columns to leave out. */
  readonly drop?: NameList | undefined;
  /** Tables only: values that mean "no reading", beside those of the task. */
  readonly missing?: NameList | undefined;
}

/** The part of a task on which reading data depends. */
export type DataTask = Pick<Task, "input" | "output">;

export interface Examples {
  /** NaN among the inputs: no reading. What becomes of it is not the reader's affair. */
  readonly data: Dataset;
  /** For people: what may have been meant otherwise. */
  readonly warnings: readonly string[];
  /** Values far from all others are among the warnings already. */
  readonly toldFarOff?: boolean;
}

/** The code of a reader. Both refuse more than `maxValues` values. */
export interface Reading {
  /**
   * Examples with targets, `columnCount` columns in each, every value finite or missing, every class one of the task's.
   * @throws HearsayError ERR_DATA (what is wrong, where, and the remedy), ERR_DECODE for bytes that are malformed.
   */
  readExamples(source: DataSource, task: DataTask, maxValues: number): Promise<Examples>;
  /** Rows to predict, values finite or missing: targets are neither needed nor read. @throws HearsayError ERR_DATA, ERR_DECODE. */
  readInputs(source: DataSource, task: DataTask, maxValues: number): Promise<Pick<Dataset, "inputs" | "length">>;
}

export interface DataReader {
  readonly name: string;
  /** Of the names of its files, in lower case: ".csv". `.gz` may follow. */
  readonly endings: readonly string[];
  /** Whether columns have names, so that `hearsay init --data` can take a task from such a file. */
  readonly namesColumns: boolean;
  /** Loads the code, which takes time and memory. */
  load(): Promise<Reading>;
}
