/** What a scenario makes of its data: the task, how many rows, and whose they are. */
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import { createRng, type Rng } from "../../protocol/base/rng.ts";
import type { Task } from "../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import { parsePartition, partition } from "../../protocol/learn/data/partition.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import type { Scenario } from "../seams/scenario-type.ts";

/** The task of the data set with the scenario's parts in place. */
export function taskOf(scenario: Scenario, source: TaskSource): Task {
  const task = parseTask(withParts(source, scenario.task));
  if (task.personal !== undefined && scenario.metrics.bothModels)
    throw new HearsayError(
      "ERR_CONFIG",
      "metrics.bothModels: a running mean of what is shared is no model where part of it is personal; leave it out",
    );
  if (task.start === undefined) return task;
  throw new HearsayError("ERR_TASK", "start: a simulation draws its first parameters from the seed; leave it out");
}

/** A task as people write it. */
export type TaskSource = Readonly<Record<string, unknown>>;

/** The task with other parts: groups of settings are merged, everything else replaced; null takes out what the task says. */
export function withParts(source: TaskSource, parts: TaskSource): TaskSource {
  const merged: Record<string, unknown> = { ...source };
  for (const [key, value] of Object.entries(parts)) {
    const before = merged[key];
    merged[key] =
      MERGED_GROUPS.includes(key) && isRecord(before) && isRecord(value)
        ? withoutNulls({ ...before, ...value })
        : value;
  }
  if ("model" in parts && !("tensors" in parts)) delete merged.tensors; // they are of the replaced model
  return withoutNulls(merged);
}

function withoutNulls(source: TaskSource): TaskSource {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== null));
}

const MERGED_GROUPS: readonly string[] = ["input", "training", "aggregation", "staleness", "limits"];

/** Whether parts of a group of settings stand beside what the task says of it. */
export function isMergedGroup(name: string): boolean {
  return MERGED_GROUPS.includes(name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** At most `rows` rows, drawn at random; 0: all. */
export function limitRows(data: Dataset, rows: number, rng: Rng): Dataset {
  if (rows === 0 || rows >= data.length) return data;
  return selectRows(data, rng.permutation(data.length).slice(0, rows).sort());
}

/** The rows of each device. With `rowsPerPeer` the set is repeated until there are enough. */
export function deal(train: Dataset, scenario: Scenario): Dataset[] {
  const { peers, partition: how, seed, data, stream } = scenario;
  const { rowsPerPeer, scarce } = data;
  const copies = Math.max(1, Math.ceil((rowsPerPeer * peers) / Math.max(1, train.length)));
  const rows = Uint32Array.from({ length: copies * train.length }, (_, i) => i % train.length);
  const repeated = copies === 1 ? train : selectRows(train, rows);
  try {
    const parts = partition(repeated, parsePartition(how), peers, seed).map((part) =>
      selectRows(repeated, stream === undefined ? part : part.toSorted((a, b) => a - b)),
    );
    if (scarce === undefined) return parts;
    return parts.map((part, i) =>
      i < scarce.peers ? limitRows(part, scarce.rows, createRng(`scarce/${seed}/${i}`)) : part,
    );
  } catch (error) {
    if (isHearsayError(error, "ERR_DATA") && error.details.needed !== undefined && rowsPerPeer === 0)
      throw new HearsayError("ERR_DATA", `${error.message}; or set data.rowsPerPeer, which deals rows more than once`);
    throw error;
  }
}
