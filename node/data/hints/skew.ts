/**
 * Hint `skew`: a target that is above 0 and has a long tail, as prices, sizes and counts have. Squared errors are decided by the few largest rows then; of its logarithm all rows count alike, and errors
 * are shares of the value. Which of both is wanted is for the owner to say.
 */
import { log } from "../../../protocol/base/exp-log.ts";
import { quoted } from "../names.ts";
import { columnOf, type Hint, type TableLook } from "./hint.ts";

/** Third moment by the cube of the spread: 0 of a bell, 2 of an exponential distribution, 1.6 of the prices of diamonds. */
const MIN_SKEWNESS = 1.5;
/** With fewer rows one of them may make it. */
const MIN_ROWS = 50;

export const skew: Hint = {
  name: "skew",
  about: "a number to predict that is never below 0 and has a long tail, of which the logarithm has none",
  run({ targets, rows, labels, classes }: TableLook) {
    if (classes.length > 0 || rows < MIN_ROWS) return [];
    return labels.flatMap((name, column) => {
      const values = columnOf(targets, column, labels.length, rows);
      if (values.some((value) => !(value >= 0)) || skewness(values) < MIN_SKEWNESS) return [];
      const hasZero = values.includes(0);
      const logs = values.map((value) => log(hasZero ? 1 + value : value));
      if (Math.abs(skewness(logs)) > skewness(values) / 2) return [];
      const formula = hasZero ? `log(1 + ${name})` : `log(${name})`;
      return [
        `target ${quoted(name)} has a long tail: squared errors of the few largest rows decide what is learned. Where an error counts by its share of the value, put ${quoted(formula)} into a column, predict that, and leave ${quoted(name)} out`,
      ];
    });
  },
};

function skewness(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    const away = value - mean;
    squares += away * away;
    cubes += away * away * away;
  }
  const spread = Math.sqrt(squares / values.length);
  return spread === 0 ? 0 : cubes / values.length / (spread * spread * spread);
}
