/**
 * What `--set` and grids change in a task that comes from a file: `task: { file: task.yaml, ... }`. The file is read later (node/commands/sim/traces.ts).
 *
 *     task.codec, task.training.steps          a part beside `file`, which takes the place of that of the file
 *     task.aggregation.parameters.mix          an edit: it changes this one entry of what the file says, and leaves its neighbours
 *     null                                     takes the entry out of what the file says
 */
import { isMergedGroup, type TaskSource, withParts } from "../run/dealing.ts";
import { isTree, type Tree, withValue } from "./sweep-paths.ts";

/** Path below the task, value. */
type Edit = readonly [path: string, value: unknown];

/** No key of YAML, so no part of a task is taken for it. */
const EDITS = Symbol("edits of the task that is read from a file");

interface TaskOfFile extends Tree {
  readonly [EDITS]?: readonly Edit[];
}

/** As `withValue`, for a scenario whose task may be that of a file. @throws HearsayError ERR_CONFIG as it does. */
export function withScenarioValue(scenario: Tree, path: string, value: unknown): Tree {
  const { task } = scenario;
  const [root, group = "file", ...below] = path.split(".");
  if (root !== "task" || group === "file" || !isTree(task) || !Object.hasOwn(task, "file"))
    return withValue(scenario, path, value);
  const inTask = [group, ...below].join(".");
  const others = ((task as TaskOfFile)[EDITS] ?? []).filter(([edited]) => !`${edited}.`.startsWith(`${inTask}.`));
  if (below.length > (isMergedGroup(group) ? 1 : 0))
    return { ...scenario, task: { ...task, [EDITS]: [...others, [inTask, value]] } };
  const parts = value === null ? withNull(task, group, below) : (withValue(task, inTask, value) as Tree);
  return { ...scenario, task: { ...parts, [EDITS]: others } };
}

/** The task of a file with the parts and the edits of a scenario. */
export function editedTask(source: TaskSource, parts: Tree): Tree {
  const edits = (parts as TaskOfFile)[EDITS] ?? [];
  const merged: Tree = withParts(source, Object.fromEntries(Object.entries(parts)));
  return edits.reduce((task, [path, value]) => {
    const { tensors: _, ...others } = task; // they are of the model before
    return withValue(path.startsWith("model.") ? others : task, path, value);
  }, merged);
}

/** A null that stays: it takes out what the file says. */
function withNull(task: Tree, group: string, [name]: readonly string[]): Tree {
  if (name === undefined) return { ...task, [group]: null };
  const before = task[group];
  return { ...task, [group]: { ...(isTree(before) && before), [name]: null } };
}
