/** What tasks of a sweep have in place of the task of its first run, which is the one that `hearsay init` writes. */
import { textOf } from "../compare/sweep.ts";
import { differingPaths, missingAt, valueAt } from "../compare/sweep-paths.ts";
import type { Scenario } from "../seams/scenario-type.ts";

type Task = Scenario["task"];

/** What the first task is called. */
export const AS_WRITTEN = "as written";

/** `hearsay init` writes them against skewed data (sim/results/skew.md); paths in a task. */
const SKEW_OPTIONS = [
  "training.absentClasses",
  "training.outerMomentum",
  "training.schedule",
  "training.maxGradientNorm",
  "training.runningMean",
  "aggregation.parameters.mix",
  "aggregation.mostLoss",
];

/** `as written`, `codec int4, outerMomentum 0.5`, `no mix`, `rule mean`, `none of the seven options`. */
export function changesText(task: Task, written: Task = {}): string {
  const paths = changedPaths(task, written);
  const isWithout = (option: string) => valueAt(task, option) === undefined && valueAt(written, option) !== undefined;
  const without = SKEW_OPTIONS.every(isWithout) ? SKEW_OPTIONS : [];
  const others = paths.filter((path) => !without.includes(path)).map((path) => changeText(task, path));
  return [...(without.length > 0 ? ["none of the seven options"] : []), ...others].join(", ") || AS_WRITTEN;
}

/** Paths of what differs; a map that is missing is one. Parameters of another rule are its own. */
function changedPaths(task: Task, written: Task): string[] {
  const paths = differingPaths([written, task]).map((path) => missingAt(task, path));
  const hasOtherRule = paths.includes("aggregation.rule");
  return [...new Set(paths)].filter((path) => !(hasOtherRule && path.startsWith("aggregation.parameters")));
}

function changeText(task: Task, path: string): string {
  const name = path.split(".").at(-1);
  const value = valueAt(task, path);
  return value === undefined ? `no ${name}` : `${name} ${textOf(value)}`;
}
