/**
 * Units of a site: what its training rows say of each input feature and target, and the rows in units that a method of personal models (personal/units.ts) makes of that. A feature is a column of a table,
 * of an image a channel.
 */
import type { ColumnMoments, RowMoments, SiteUnits } from "../base/learning-seams.ts";
import { type LearningTask, targetSize } from "../base/task.ts";
import type { PreparedData } from "./data/prepare.ts";

/** Columns of the inputs and of the targets that have units; classes have none. */
export function columnsOf({
  input,
  output,
}: Pick<LearningTask, "input" | "output">): [inputs: number, targets: number] {
  return [input.shape.at(-1) ?? 1, output.kind === "regression" ? targetSize({ output }) : 0];
}

export function rowMoments(task: LearningTask, { inputs, targets }: PreparedData): RowMoments {
  const [features, outputs] = columnsOf(task);
  return { inputs: momentsOf(inputs, features), targets: momentsOf(targets, outputs) };
}

/** Around the own mean, so that a sensor far from 0 loses no digits. */
function momentsOf(values: Float32Array, columns: number): ColumnMoments[] {
  return Array.from({ length: columns }, (_, column) => {
    let [numbers, sum, square] = [0, 0, 0];
    for (let i = column; i < values.length; i += columns) {
      numbers++;
      sum += values[i] as number;
    }
    const mean = numbers === 0 ? 0 : sum / numbers;
    for (let i = column; i < values.length; i += columns) {
      const from = (values[i] as number) - mean;
      square += from * from;
    }
    return { numbers, mean, square };
  });
}

/** The rows in these units: new arrays, of which targets that are classes are the old ones. @throws RangeError where the units are of other columns. */
export function inSiteUnits(task: LearningTask, rows: PreparedData, units: SiteUnits): PreparedData {
  const [features, outputs] = columnsOf(task);
  if (units.inputs.length !== 2 * features || units.targets.length !== 2 * outputs)
    throw new RangeError(
      `units of ${units.inputs.length / 2} features and ${units.targets.length / 2} targets, for ${features} and ${outputs}`,
    );
  const targets = outputs === 0 ? rows.targets : inUnits(rows.targets, units.targets);
  return { inputs: inUnits(rows.inputs, units.inputs), targets, length: rows.length };
}

/** (x - offset) / scale. @param pairs [scale, offset] of each column. */
function inUnits(values: Float32Array, pairs: Float32Array): Float32Array {
  return values.map((value, i) => {
    const at = (2 * i) % pairs.length;
    return (value - (pairs[at + 1] as number)) / (pairs[at] as number);
  });
}
