/**
 * Hint `identifiers`: columns that name the rows. A customer number says nothing about other customers, and a model that learns from it
 * learns the order of a file. Of n whole numbers that are drawn by chance from r in a row, about n (n - 1) / 2 r pairs are equal. A column without any pair, where there should be many,
 * was given out one by one.
 */
import { dropOption } from "../csv-columns.ts";
import { quoted } from "../names.ts";
import { columnOf, type Hint, MAX_SORTED } from "./hint.ts";

/** Equal pairs that chance would make at least: none of so many is one in 10^8. */
const MIN_PAIRS = 20;

export const identifiers: Hint = {
  name: "identifiers",
  about: "a feature that has another whole number in every row, where chance would repeat some",
  run({ inputs, rows, features }) {
    const looked = Math.min(rows, Math.floor(MAX_SORTED / features.length));
    return features.flatMap((name, column) =>
      isGivenOut(columnOf(inputs, column, features.length, looked))
        ? [
            `column ${quoted(name)} has another whole number in every row: a number of the row, or of whom it is about? A model learns nothing from it that holds for others. Leave it out: ${dropOption([name])}`,
          ]
        : [],
    );
  },
};

/** Rows without a reading do not count. A column that counts the rows of the file is told elsewhere. */
function isGivenOut(column: Float64Array): boolean {
  const values = new Set<number>();
  let [lowest, highest, inSteps] = [Infinity, -Infinity, true];
  for (const [row, value] of column.entries()) {
    if (Number.isNaN(value)) continue;
    if (!Number.isInteger(value) || values.has(value)) return false;
    values.add(value);
    if (row > 0 && value - (column[row - 1] as number) !== 1) inSteps = false;
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  const { size } = values;
  return !inSteps && (size * (size - 1)) / (2 * (highest - lowest + 1)) >= MIN_PAIRS;
}
