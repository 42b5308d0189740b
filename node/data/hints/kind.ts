/** Hint `kind`: a target of a regression that has two values only. These are classes, and a classification tells how sure it is of each. */
import { quoted } from "../names.ts";
import { columnOf, type Hint } from "./hint.ts";

/** With fewer rows there may be others that have not come yet. */
const MIN_ROWS = 20;

export const kind: Hint = {
  name: "kind",
  about: "a number to predict that has two values only",
  run({ targets, rows, labels, classes }) {
    if (classes.length > 0 || rows < MIN_ROWS) return [];
    return labels.flatMap((name, column) => {
      const values = [...new Set(columnOf(targets, column, labels.length, rows))];
      if (values.length !== 2) return [];
      return [
        `target ${quoted(name)} is ${values.toSorted((a, b) => a - b).join(" or ")} in every row: are these classes? then --template csv`,
      ];
    });
  },
};
