/** Check `order`: columns without names, as in array files, of which one looks like another of the task. A table is read by its names, in whatever order. */
import { quoted } from "../names.ts";
import { type DataCheck, type DataFinding, fewOf } from "./data-check.ts";
import { type ColumnLook, isConstant, isEmpty } from "./look.ts";
import { isFar } from "./units.ts";

const REMEDY = "put the columns into the order of the task, or give a table, whose columns have names";
/** More columns than this are not compared with one another. */
const MAX_COLUMNS = 1000;

export const order: DataCheck = {
  name: "order",
  about: "columns that do not fit their place in the task, but that of another one",
  run({ columns }) {
    const features = columns.filter(({ use }) => use === "feature");
    if (features.length > MAX_COLUMNS) return [];
    return fewOf(
      features.flatMap((column) => misplaced(column, features)),
      REMEDY,
    );
  },
};

function misplaced(column: ColumnLook, all: readonly ColumnLook[]): DataFinding[] {
  if (isEmpty(column) || isConstant(column) || column.isShared || !isFar(column)) return [];
  const fitting = all.filter((other) => other !== column && isFar(other) && fits(column, other));
  if (fitting.length !== 1) return []; // none, or nothing that would be certain
  const meant = quoted((fitting[0] as ColumnLook).name);
  const what = `${quoted(column.name)} has the values of ${meant} in the task: another order of the columns?`;
  return [{ level: "warning", column: column.name, what, remedy: REMEDY }];
}

function fits({ mean, std }: ColumnLook, { taskMean, taskStd }: ColumnLook): boolean {
  return Math.abs(mean - taskMean) < taskStd && std < 3 * taskStd && 3 * std > taskStd;
}
