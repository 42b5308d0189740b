/** The data of an experiment: a shipped set, or a file that `hearsay up --data` reads; measured on a part of it, or on a file of its own. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { loadDataset } from "../../data/load.ts";
import { loadNamedSet } from "../../data/sets.ts";
import { loadPeerData } from "../../data/share.ts";
import { isSetName, SET_NAMES } from "../../data/shipped/registry.ts";

type Modules = import("../../../sim/run/experiment.ts").ExperimentModules;
type LoadData = Modules["loadData"];
type Loaded = Awaited<ReturnType<LoadData>>;
type Spec = Parameters<LoadData>[0];

/** As with the shipped sets: one row in five, the same ones whatever the seed of the experiment. */
const HOLDOUT = { holdout: 0.2, holdoutBy: "chance", seed: 1 } as const;

/** Sets in memory: enough for a sweep over two of them. */
const MAX_CACHED = 2;

/**
 * Loads data, and keeps the newest two sets, which runs only read. Files are looked for beside the scenario, in `folder`, and
 * then where the command was called. @throws HearsayError ERR_DATA, ERR_TASK; ERR_CONFIG for settings that do not go together.
 */
export function createDataLoader(): (folder: string) => LoadData {
  const cache = new Map<string, Promise<Loaded>>();
  return (folder) => (spec, task) => {
    const { rows: _rows, rowsPerPeer: _rowsPerPeer, ...source } = spec;
    const key = JSON.stringify(isFileless(source, task) ? spec.set : [folder, source, task]);
    const known = cache.get(key);
    if (known !== undefined) cache.delete(key);
    const loading = known ?? load(spec, task, folder);
    cache.set(key, loading);
    loading.catch(() => cache.delete(key));
    if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value as string);
    return loading;
  };
}

/** Whether all of it ships, as its own task reads it. */
function isFileless({ set, test }: Pick<Spec, "set" | "test">, task: Loaded["task"]): boolean {
  return isSetName(set) && test === undefined && !readsOther(task);
}

/** Whether it is about other columns than the task of the set. */
function readsOther(task: Loaded["task"]): boolean {
  return "input" in task || "output" in task;
}

async function load(spec: Spec, task: Parameters<LoadData>[1], folder: string): Promise<Loaded> {
  const { set, test, holdout, holdoutBy } = spec;
  const [split, name] = holdout === undefined ? [holdoutBy, "holdoutBy"] : [holdout, "holdout"];
  if (split !== undefined && (test !== undefined || isSetName(set))) {
    const why = test === undefined ? `the set ${set} has rows that are held out already` : `data.test names the rows`;
    throw new HearsayError("ERR_CONFIG", `data.${name}: ${why}; leave it out`, { path: `data.${name}` });
  }
  if (isSetName(set)) {
    const { withParts } = await import("../../../sim/run/dealing.ts");
    const shipped = await loadNamedSet(set, undefined, (own) => (readsOther(task) ? withParts(own, task) : own));
    if (test === undefined) return shipped;
    return { ...shipped, holdout: await loadTest(test, spec, { ...shipped.task, ...task }, folder) };
  }
  const path = find("data.set", set, folder, `is neither a shipped set (${SET_NAMES.join(", ")}) nor a file`);
  requireTask(spec, task);
  const { label, owner } = spec;
  if (test !== undefined) {
    const { data } = await loadDataset({ path, label, owner }, parseTask(task));
    return { train: data, holdout: await loadTest(test, spec, task, folder), task };
  }
  const how = { ...HOLDOUT, ...(holdout !== undefined && { holdout }), ...(holdoutBy !== undefined && { holdoutBy }) };
  const data = await loadPeerData({ path, label, owner, partition: "iid", ...how }, parseTask(task));
  if (data.holdout === undefined)
    throw new HearsayError("ERR_DATA", `${path}: too few rows to hold some out`, { path });
  return { train: data.train, holdout: data.holdout, task };
}

/** @throws HearsayError ERR_TASK where nothing says what the columns of a file mean. */
function requireTask({ set, label, owner }: Spec, task: Loaded["task"]): void {
  if ("input" in task && "output" in task) return;
  const columns = [label === undefined ? "" : ` --label ${label}`, owner === undefined ? "" : ` --owner ${owner}`].join(
    "",
  );
  const remedy = `write one with hearsay init --data ${set}${columns}, and name it in the scenario, task: { file: task.yaml }`;
  throw new HearsayError("ERR_TASK", `data.set: what the columns of ${set} mean says a task: ${remedy}`, {
    path: "task",
  });
}

/** The columns are those of the other file. */
async function loadTest(file: string, { label, owner }: Spec, task: Loaded["task"], folder: string): Promise<Dataset> {
  const path = find("data.test", file, folder, "is no file");
  const { data } = await loadDataset({ path, label, owner }, parseTask(task));
  if (data.length === 0) throw new HearsayError("ERR_DATA", `${path}: there is no row to measure on`, { path });
  return data;
}

function find(field: string, file: string, folder: string, fault: string): string {
  const path = [resolve(folder, file), resolve(file)].find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new HearsayError("ERR_DATA", `${field}: "${file}" ${fault} beside the scenario or here`, { [field]: file });
}
