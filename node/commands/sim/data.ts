/** The data of an experiment: a shipped set, or a file that `hearsay up --data` reads. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { loadNamedSet } from "../../data/sets.ts";
import { loadPeerData } from "../../data/share.ts";
import { isSetName, SET_NAMES } from "../../data/shipped/registry.ts";

type Modules = import("../../../sim/run/experiment.ts").ExperimentModules;
type LoadData = Modules["loadData"];
type Loaded = Awaited<ReturnType<LoadData>>;

/** As with the shipped sets: one row in five, the same ones whatever the seed of the experiment. */
const HOLDOUT = { holdout: 0.2, holdoutBy: "chance", seed: 1 } as const;

/** Sets in memory: enough for a sweep over two of them. */
const MAX_CACHED = 2;

/**
 * Loads data, and keeps the newest two sets, which runs only read. Files are looked for beside the scenario, in `folder`, and
 * then where the command was called. @throws HearsayError ERR_DATA, ERR_TASK.
 */
export function createDataLoader(): (folder: string) => LoadData {
  const cache = new Map<string, Promise<Loaded>>();
  return (folder) => (spec, task) => {
    const { set, label, owner } = spec;
    const key = JSON.stringify(isSetName(set) ? set : [folder, set, label, owner, task]);
    const known = cache.get(key);
    if (known !== undefined) cache.delete(key);
    const loading = known ?? load(spec, task, folder);
    cache.set(key, loading);
    loading.catch(() => cache.delete(key));
    if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value as string);
    return loading;
  };
}

async function load(
  { set, label, owner }: Parameters<LoadData>[0],
  task: Parameters<LoadData>[1],
  folder: string,
): Promise<Loaded> {
  if (isSetName(set)) return loadNamedSet(set);
  const path = [resolve(folder, set), resolve(set)].find((candidate) => existsSync(candidate));
  if (path === undefined) {
    const message = `data.set: "${set}" is neither a shipped set (${SET_NAMES.join(", ")}) nor a file`;
    throw new HearsayError("ERR_DATA", `${message} beside the scenario or here`, { set });
  }
  const data = await loadPeerData({ path, label, owner, partition: "iid", ...HOLDOUT }, parseTask(task));
  if (data.holdout === undefined)
    throw new HearsayError("ERR_DATA", `${path}: too few rows to hold some out`, { path });
  return { train: data.train, holdout: data.holdout, task };
}
