/** Data sets by name, each with its hold-out and its task, for a first run and for experiments; the sets themselves: `shipped/`. */
import { HearsayError } from "../../protocol/base/errors.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { parseTaskYaml } from "../task-yaml.ts";
import { SETS } from "./shipped/registry.ts";
import type { ShippedSet } from "./shipped/set.ts";

export interface NamedSet {
  readonly train: Dataset;
  readonly holdout: Dataset;
  /** The template of the same name as people write it, for `parseTask`; a copy of your own to change. */
  readonly task: Record<string, unknown>;
}

/**
 * A named set, the same rows in the same order on every machine.
 * @param other makes another task about its columns of the one that goes with it.
 * @throws HearsayError ERR_DATA for an unknown name, or a package that is not installed.
 */
export async function loadNamedSet(
  name: string,
  sets: ReadonlyMap<string, ShippedSet> = SETS,
  other: (task: NamedSet["task"]) => Readonly<Record<string, unknown>> = (task) => task,
): Promise<NamedSet> {
  const set = sets.get(name);
  if (set === undefined) {
    const names = [...sets.keys()].join(", ");
    throw new HearsayError("ERR_DATA", `there is no data set "${name}"; the names are ${names}`, { name });
  }
  const task = parseTaskYaml(set.yaml) as Record<string, unknown>;
  const data = await set.read(parseTask(other(task)));
  const { train, holdout } = set.split(data);
  return { train: selectRows(data, train), holdout: selectRows(data, holdout), task };
}
