/** Data sets by name, each with its hold-out and its task, for a first run and for experiments; sources: `sets/README.md`. */
import { join } from "node:path";
import { parse } from "yaml";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Task } from "../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import { blockSplit, type HoldoutSplit, holdoutSplit } from "../../protocol/learn/data/holdout.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { packageRoot } from "../disk/package-root.ts";
import { loadDataset } from "./load.ts";
import { readMnist } from "./mnist.ts";
import { TEMPLATES } from "./templates.ts";

export type SetName = "digits" | "motes" | "mnist";

export interface NamedSet {
  readonly train: Dataset;
  readonly holdout: Dataset;
  /** The template of the same name as people write it, for `parseTask`; a copy of your own to change. */
  readonly task: Record<string, unknown>;
}

/** What differs between sets. */
interface SetSource {
  read(task: Task): Promise<Dataset>;
  split(data: Dataset): HoldoutSplit;
}

const HOLDOUT_FRACTION = 0.2;
const HOLDOUT_SEED = 1;
const stratified = (data: Dataset): HoldoutSplit => holdoutSplit(data, HOLDOUT_FRACTION, HOLDOUT_SEED);

const SETS: Readonly<Record<SetName, SetSource>> = {
  digits: { read: (task) => readShipped("digits", task), split: stratified },
  motes: {
    read: (task) => readShipped("motes", task, "mote"),
    // Neighbouring readings are alike, so a random split would leak; and motes 1 and 4 have their events in one run each,
    // half-way, so the last 20 % of each mote hold none. Blocks of 10 readings, one in five held out, spread over the runs.
    split: (data) => blockSplit(data, 10, 5),
  },
  mnist: { read: () => readMnist(), split: stratified },
};

export const SET_NAMES: readonly SetName[] = Object.keys(SETS) as SetName[];

/**
 * A named set, the same rows in the same order on every machine.
 * @throws HearsayError ERR_DATA for an unknown name, or a package that is not installed.
 */
export async function loadNamedSet(name: string): Promise<NamedSet> {
  if (!isSetName(name)) {
    throw new HearsayError("ERR_DATA", `there is no data set "${name}"; the names are ${SET_NAMES.join(", ")}`, {
      name,
    });
  }
  const task: Record<string, unknown> = parse(TEMPLATES[name].yaml);
  const data = await SETS[name].read(parseTask(task));
  const { train, holdout } = SETS[name].split(data);
  return { train: selectRows(data, train), holdout: selectRows(data, holdout), task };
}

export function isSetName(name: string): name is SetName {
  return Object.hasOwn(SETS, name);
}

async function readShipped(name: SetName, task: Task, owner?: string): Promise<Dataset> {
  const path = join(packageRoot(), "node/data/sets", `${name}.csv.gz`);
  const { data } = await loadDataset({ path, owner }, task, { whole: true });
  return data;
}
