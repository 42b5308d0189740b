/**
 * Values of one site that lie where the task has none: watts among kilowatts, a sensor in raw counts. A model that sees them diverges, or
 * learns nothing, and the peers cannot tell why.
 */

import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { columnStats } from "./check.ts";
import { quoted } from "./names.ts";
import { roundedBeside } from "./number.ts";

/** In standard deviations of the task: no site that measures the same thing lies so far off. */
const FAR = 30;
/** Columns that are named. */
const MAX_NAMED = 5;

/** A warning that names the columns; none where all lie near. Costs two passes over the values. */
export function farOffWarnings(
  path: string,
  data: Dataset,
  { input, output }: Pick<Task, "input" | "output">,
): string[] {
  const width = data.inputs.length / data.length;
  const columns = farColumns(data.inputs, width, input.mean, input.std, (i) => input.features[i] ?? `#${i + 1}`);
  if (output.kind === "regression") {
    const { targets, mean, std } = output;
    columns.push(...farColumns(data.targets, targets.length, mean, std, (i) => targets[i] as string));
  }
  if (columns.length === 0) return [];
  const named = columns.slice(0, MAX_NAMED).join("; ");
  const more = columns.length > MAX_NAMED ? `; and ${columns.length - MAX_NAMED} more columns` : "";
  return [
    `${path}: values far from those that the task was made for, in other units? Training may diverge: ${named}${more}`,
  ];
}

function farColumns(
  values: Dataset["inputs"],
  width: number,
  mean: readonly number[],
  std: readonly number[],
  nameOf: (column: number) => string,
): string[] {
  const stats = columnStats(values, width);
  const far: string[] = [];
  for (let i = 0; i < width; i++) {
    const [centre, spread] = [mean[i % mean.length] as number, std[i % std.length] as number];
    const here = stats.mean[i] as number;
    const away = Math.abs(here - centre) / spread;
    const wider = (stats.std[i] as number) / spread;
    if (stats.lowest[i] !== stats.highest[i] ? Math.max(away, wider) < FAR : away < FAR) continue;
    const [about, middle] = [roundedBeside(here, stats.std[i] as number, 4), roundedBeside(centre, spread, 4)];
    const agreed = `${middle} ± ${roundedBeside(spread, spread, 3)}`;
    far.push(`${quoted(nameOf(i))} is about ${about} here, ${agreed} in the task`);
  }
  return far;
}
