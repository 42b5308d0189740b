/** Check `rows`: too few rows to learn or to measure anything. */
import { outputSize } from "../../../protocol/base/task.ts";
import type { DataCheck } from "./data-check.ts";

/** For each class, or target: with fewer, a hold-out of one row in five has one or two of each. */
const FEW = 10;

export const rows: DataCheck = {
  name: "rows",
  about: "fewer than 2 rows (a failure), or fewer than 10 for each class or target",
  run({ data: { length }, task }) {
    if (length < 2)
      return [{ level: "failure", what: `${length} row(s) are too few to learn from`, remedy: "give at least 2 rows" }];
    const wanted = FEW * outputSize(task);
    if (length >= wanted) return [];
    const what = `${length} rows are few for ${outputSize(task)} ${task.output.kind === "classification" ? "classes" : "target(s)"}`;
    const remedy = `figures on so few held-out rows jump; collect ${wanted} or more, or hold more out (--holdout 0.5)`;
    return [{ level: "warning", what, remedy }];
  },
};
