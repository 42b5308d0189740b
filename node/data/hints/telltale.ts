/**
 * Hint `telltale`: a feature that says the target itself, as the logarithm of a wage says the wage. It often stands in a table because it was made of the target, or written down afterwards.
 * A regression: both rise together, by ranks (Spearman, The proof and measurement of association between two things, 1904). A classification: in the order of the feature the classes follow one another
 * without mixing.
 */
import { dropOption } from "../csv-columns.ts";
import { quoted } from "../names.ts";
import { columnOf, type Hint, MAX_SORTED, type TableLook } from "./hint.ts";

/** With fewer rows such an order may come by chance. */
const MIN_ROWS = 50;
/** Rank correlation. A sensor beside a better one of the same kind stays below it. */
const MIN_RANKS = 0.9995;

export const telltale: Hint = {
  name: "telltale",
  about: "a feature from which alone the target, or the class, follows in every row",
  run(look) {
    const rows = Math.min(look.rows, Math.floor(MAX_SORTED / look.features.length));
    if (rows < MIN_ROWS) return [];
    return look.classes.length > 0 ? ofClasses(look, rows) : ofTargets(look, rows);
  },
};

function ofClasses({ inputs, targets, features, labels }: TableLook, rows: number): string[] {
  const classes = columnOf(targets, 0, 1, rows);
  const found = new Set(classes).size;
  return features.flatMap((name, column) => {
    const values = columnOf(inputs, column, features.length, rows);
    return changes(values, classes) === found - 1 ? [told(name, "the class", labels[0] as string)] : [];
  });
}

function ofTargets({ inputs, targets, features, labels }: TableLook, rows: number): string[] {
  const ranks = labels.map((_, k) => ranksOf(columnOf(targets, k, labels.length, rows)));
  return features.flatMap((name, column) => {
    const own = ranksOf(columnOf(inputs, column, features.length, rows));
    const said = labels.find((_, k) => Math.abs(correlation(own, ranks[k] as Float64Array)) >= MIN_RANKS);
    return said === undefined ? [] : [told(name, "the target", said)];
  });
}

function told(name: string, what: string, label: string): string {
  return `column ${quoted(name)} alone says ${what} ${quoted(label)}: is it known before that is? If it was made of it, or written down later, leave it out: ${dropOption([name])}`;
}

/** How often the class changes in the order of the values; infinite where rows of one value, or without one, differ in their class. */
function changes(values: Float64Array, classes: Float64Array): number {
  if (values.some(Number.isNaN)) return Infinity;
  const order = orderOf(values);
  let count = 0;
  for (let i = 1; i < order.length; i++) {
    const [before, here] = [order[i - 1] as number, order[i] as number];
    if (classes[before] === classes[here]) continue;
    if (values[before] === values[here]) return Infinity;
    count++;
  }
  return count;
}

/** 1 for the lowest; equal values have the mean of their ranks. Values that are missing have none. */
function ranksOf(values: Float64Array): Float64Array {
  const ranks = new Float64Array(values.length).fill(Number.NaN);
  const order = orderOf(values);
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && values[order[end] as number] === values[order[i] as number]) end++;
    for (let j = i; j < end; j++) ranks[order[j] as number] = (i + end + 1) / 2;
    i = end;
  }
  return ranks;
}

/** Rows in the order of their values, without those that have none. */
function orderOf(values: Float64Array): Uint32Array {
  const rows = Uint32Array.from(values.keys()).filter((row) => !Number.isNaN(values[row]));
  return rows.sort((a, b) => (values[a] as number) - (values[b] as number));
}

/** Pearson's, over the rows that have both; 0 where one does not vary, or few have both. */
function correlation(a: Float64Array, b: Float64Array): number {
  let [n, meanA, meanB, squaresA, squaresB, products] = [0, 0, 0, 0, 0, 0];
  for (const [row, x] of a.entries()) {
    const y = b[row] as number;
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    n++;
    const [dx, dy] = [x - meanA, y - meanB];
    meanA += dx / n;
    meanB += dy / n;
    squaresA += dx * (x - meanA);
    squaresB += dy * (y - meanB);
    products += dx * (y - meanB);
  }
  const scale = Math.sqrt(squaresA * squaresB);
  return n < MIN_ROWS || scale === 0 ? 0 : products / scale;
}
