/** Check `units`: columns on another scale than the task was made for: Fahrenheit among Celsius, a sensor in raw counts. */
import { quoted } from "../names.ts";
import { roundedBeside } from "../number.ts";
import { type DataCheck, type DataFinding, fewOf } from "./data-check.ts";
import { type ColumnLook, isConstant, isEmpty } from "./look.ts";

/** In standard deviations of the task, or times: a site that measures the same thing in the same units seldom differs so much. */
const FAR = 10;
const REMEDY = "bring the column to the units of the task, or leave this data out: training may diverge";

export const units: DataCheck = {
  name: "units",
  about: "the mean or the spread of a column differs from the task's by more than 10 times its spread",
  run: ({ columns }) => fewOf(columns.flatMap(finding), REMEDY),
};

function finding(column: ColumnLook): DataFinding[] {
  const { name, mean, std, taskMean, taskStd } = column;
  if (isEmpty(column) || !isFar(column)) return [];
  const spread = isConstant(column) ? taskStd : std;
  const here = `${roundedBeside(mean, spread, 4)} ± ${isConstant(column) ? 0 : roundedBeside(std, std, 3)}`;
  const agreed = `${roundedBeside(taskMean, taskStd, 4)} ± ${roundedBeside(taskStd, taskStd, 3)}`;
  const what = `${quoted(name)} is about ${here} here, ${agreed} in the task: other units?`;
  return [{ level: "warning", column: name, what, remedy: REMEDY }];
}

/** A narrow column says nothing where one spread stands for all: the task does not know its own. */
export function isFar(column: ColumnLook): boolean {
  const { mean, std, taskMean, taskStd, isShared } = column;
  if (Math.abs(mean - taskMean) > FAR * taskStd) return true;
  if (isConstant(column)) return false;
  return std > FAR * taskStd || (!isShared && FAR * std < taskStd);
}
