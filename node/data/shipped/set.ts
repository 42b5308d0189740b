/** What a shipped data set is. Each set is one file of this folder; `registry.ts` lists them. Where the rows come from: `../sets/README.md`. */
import { join } from "node:path";
import type { Task } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { type HoldoutSplit, holdoutSplit } from "../../../protocol/learn/data/holdout.ts";
import { packageRoot } from "../../disk/package-root.ts";

export interface ShippedSet {
  /** As `--dataset`, the setting `data.dataset`, scenarios and `init --template` name it. */
  readonly name: string;
  /** One line for a list. */
  readonly about: string;
  /** The task that goes with it: commented YAML, a complete manifest for `parseTask`. */
  readonly yaml: string;
  /**
   * All rows, in the same order on every machine.
   * @throws HearsayError ERR_DATA where they are not installed.
   */
  read(task: Task): Promise<Dataset>;
  /** The hold-out, the same one for everybody. */
  split(data: Dataset): HoldoutSplit;
}

const HOLDOUT_FRACTION = 0.2;
const HOLDOUT_SEED = 1;

/** One row in five, drawn by class. */
export function stratified(data: Dataset): HoldoutSplit {
  return holdoutSplit(data, HOLDOUT_FRACTION, HOLDOUT_SEED);
}

/** The rows of a table in `data/sets/`; the code that reads tables is loaded here. */
export async function readShipped(file: string, task: Task, owner?: string): Promise<Dataset> {
  const { loadDataset } = await import("../load.ts");
  const path = join(packageRoot(), "node/data/sets", file);
  const { data } = await loadDataset({ path, owner }, task, { whole: true });
  return data;
}
