/** Text of a label column to class indices: of the classes that the task names or, for a task yet to be made, that occur. */
import { readNumber, shown } from "./number.ts";

export interface ClassNames {
  /** Index of a label, or what is wrong with it. Indices of unnamed classes count by appearance until `sorted`. */
  indexOf(label: string): number | string;
  /** The classes, and the index in them of each index that `indexOf` gave. */
  sorted(): { classes: readonly string[]; rank: ReadonlyMap<number, number> };
}

/** More different values than this are no classes that somebody left unnamed, but a number to predict. */
const MAX_UNNAMED = 1000;

export function createClassNames(given: readonly string[] | undefined): ClassNames {
  const indices = new Map<string, number>(given?.map((name, index) => [name, index]));
  return {
    indexOf(label) {
      const known = indices.get(label);
      if (known !== undefined) return known;
      if (label === "") return "the label is missing";
      if (given !== undefined) return `label ${shown(label)} is unknown; the classes are ${summary(given)}`;
      if (indices.size === MAX_UNNAMED)
        return `the label is value ${MAX_UNNAMED + 1}: a number to predict (regression)?`;
      indices.set(label, indices.size);
      return indices.size - 1;
    },
    sorted() {
      const classes = given ?? [...indices.keys()].sort(byValue);
      return { classes, rank: new Map(classes.map((name, index) => [indices.get(name) as number, index])) };
    },
  };
}

/** By number where both are numbers, else by code unit: 2 before 10, and the same on every machine. */
function byValue(a: string, b: string): number {
  const [x, y] = [readNumber(a), readNumber(b)];
  if (typeof x === "number" && typeof y === "number" && x !== y) return x - y;
  return a < b ? -1 : 1;
}

function summary(classes: readonly string[]): string {
  const first = classes.slice(0, 20).join(", ");
  return classes.length > 20 ? `${first} and ${classes.length - 20} more` : first;
}
