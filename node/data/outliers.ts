/**
 * Single targets of a regression that lie absurdly far from all others: 1e9 among temperatures, a slip of the keyboard or a unit that changed. The mean and the
 * scale that a task gets are made of all rows, so one such row is enough to press all others into nothing. It is a suspicion: nothing is changed.
 */
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import { quoted } from "./names.ts";

/** Beyond the quartiles, in lengths of the range between them. Incomes and rainfalls of the world lie within it. */
const FAR = 1_000;

/**
 * A warning for each column of row-major targets that has such values; none for a column whose middle half is one value, since that has no scale.
 * Costs a sort of each column. @param names of the columns.
 */
export function outlierWarnings(targets: Numbers, names: readonly string[]): string[] {
  return names.flatMap((name, column) => {
    const values = Float64Array.from({ length: targets.length / names.length }, (_, row) =>
      Number(targets[row * names.length + column]),
    ).toSorted();
    const quartile = (share: number) => values[Math.round(share * (values.length - 1))] as number;
    const [low, high] = [quartile(0.25), quartile(0.75)];
    const distance = (value: number) => Math.max(low - value, value - high) / (high - low);
    const far = [...values.filter((value) => high > low && distance(value) > FAR)];
    const [farthest] = far.toSorted((one, other) => distance(other) - distance(one));
    if (farthest === undefined) return [];
    const where = far.length === 1 ? "one row" : `the farthest of ${far.length} rows`;
    return [
      `target ${quoted(name)} is ${farthest} in ${where}, while half of all rows lie between ${low} and ${high}: ` +
        `mean and scale of the task are made of it; mend or delete such rows, then call init again`,
    ];
  });
}
