/**
 * Single features, and targets of a regression, that lie absurdly far from all others: 1e9 among temperatures, a slip of the keyboard or a unit that changed. The
 * mean and the scale that a task gets are made of all rows, so one such row is enough to press all others into nothing, at every site. It is a suspicion: nothing
 * is changed.
 */
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import { shellOption } from "../shell.ts";
import { columnOf, MAX_SORTED } from "./hints/hint.ts";
import { quoted } from "./names.ts";

/** Beyond the quartiles, in lengths of the range between them. Incomes and rainfalls of the world lie within it. */
const FAR = 1_000;
/** Columns of features that are named: of a hundred with long tails the first say enough. */
const MAX_FEATURES = 3;

/**
 * A warning for each column of row-major targets that has such values; none for a column whose middle half is one value, since that has no scale.
 * Costs a sort of each column. Told numbers have seven digits. @param names of the columns.
 */
export function outlierWarnings(targets: Numbers, names: readonly string[]): string[] {
  return farIn(targets, names).map(
    ({ name, text }) =>
      `target ${quoted(name)} is ${text}: mean and scale of the task are made of it; mend or delete such rows, then call init again`,
  );
}

/** The same of features, the first few; NaN is no reading. Values that are told as sentinels are left to that. @param but columns that are left out. */
export function featureOutliers(inputs: Numbers, names: readonly string[], but: readonly string[] = []): string[] {
  const far = farIn(inputs, names).filter(({ name }) => !but.includes(name));
  const told = far
    .slice(0, MAX_FEATURES)
    .map(
      ({ name, text, farthest }) =>
        `feature ${quoted(name)} is ${text}: mean and scale of the task are made of it, and its other values then look alike to every peer; ` +
        `mend or delete such rows, or let the value mean "no reading" (${shellOption("--missing", String(farthest))}), then call init again`,
    );
  return far.length > told.length ? [...told, `so are ${far.length - told.length} features more`] : told;
}

interface Far {
  readonly name: string;
  readonly farthest: number;
  readonly text: string;
}

/** Quartiles are those of as many rows as a hint may sort; every row is held against them. */
function farIn(table: Numbers, names: readonly string[]): Far[] {
  const rows = table.length / names.length;
  const sorted = Math.min(rows, Math.ceil(MAX_SORTED / names.length));
  return names.flatMap((name, column) => {
    const all = columnOf(table, column, names.length, rows);
    const values = all.slice(0, sorted).filter(isReading).toSorted();
    const quartile = (share: number) => values[Math.round(share * (values.length - 1))] as number;
    const [low, high] = [quartile(0.25), quartile(0.75)];
    const distance = (value: number) => Math.max(low - value, value - high) / (high - low);
    const far = [...all.filter((value) => high > low && distance(value) > FAR)];
    const [farthest] = far.toSorted((one, other) => distance(other) - distance(one)).map(short);
    if (farthest === undefined) return [];
    const where = far.length === 1 ? "one row" : `the farthest of ${far.length} rows`;
    const others = `half of all rows lie between ${short(low)} and ${short(high)}`;
    return [{ name, farthest, text: `${farthest} in ${where}, while ${others}` }];
  });
}

function isReading(value: number): boolean {
  return !Number.isNaN(value);
}

/** As it stood in the file: a feature is a float32. */
function short(value: number): number {
  return Number(value.toPrecision(7));
}
