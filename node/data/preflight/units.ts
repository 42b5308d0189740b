/** Check `units`: columns on another scale than the task was made for: Fahrenheit among Celsius, a sensor in raw counts. */
import { quoted } from "../names.ts";
import { roundedBeside } from "../number.ts";
import { type DataCheck, type DataFinding, fewOf } from "./data-check.ts";
import { type ColumnLook, isConstant, isEmpty } from "./look.ts";

/** In standard deviations of the task, or times: a site that measures the same thing in the same units seldom differs so much. */
const FAR = 10;
/** Degrees Celsius to Fahrenheit. */
const [DEGREE, ZERO] = [1.8, 32];
/** Fahrenheit and Celsius lie nearer than `FAR` where it is warm and cold: they are told apart by the shift and the spread that fit. */
const APART = 2.5;
/** The spread of one site may be so many times that of another. */
const LIKE = 1.5;
const REMEDY = "bring the column to the units of the task, or leave this data out: training may diverge";

export const units: DataCheck = {
  name: "units",
  about:
    "the mean or the spread of a column differs from the task's by more than 10 times its spread, or as Fahrenheit does from Celsius",
  run: ({ columns }) => fewOf(columns.flatMap(finding), REMEDY),
};

function finding(column: ColumnLook): DataFinding[] {
  const { name, mean, std, taskMean, taskStd } = column;
  if (isEmpty(column)) return [];
  const degrees = degreesFor(column);
  if (degrees === undefined && !isFar(column)) return [];
  const spread = isConstant(column) ? taskStd : std;
  const here = `${roundedBeside(mean, spread, 4)} ± ${isConstant(column) ? 0 : roundedBeside(std, std, 3)}`;
  const agreed = `${roundedBeside(taskMean, taskStd, 4)} ± ${roundedBeside(taskStd, taskStd, 3)}`;
  const what = `${quoted(name)} is about ${here} here, ${agreed} in the task: ${degrees ?? "other units"}?`;
  return [{ level: "warning", column: name, what, remedy: REMEDY }];
}

/** A narrow column says nothing where one spread stands for all: the task does not know its own. */
export function isFar(column: ColumnLook): boolean {
  const { mean, std, taskMean, taskStd, isShared } = column;
  if (Math.abs(mean - taskMean) > FAR * taskStd) return true;
  if (isConstant(column)) return false;
  return std > FAR * taskStd || (!isShared && FAR * std < taskStd);
}

/** Which degrees stand for which, where mean and spread are those of the task in the other ones. */
function degreesFor(column: ColumnLook): string | undefined {
  const { mean, std, taskMean, taskStd, isShared } = column;
  if (isShared || isConstant(column) || Math.abs(mean - taskMean) <= APART * taskStd) return undefined;
  const fits = (centre: number, spread: number) =>
    Math.abs(mean - centre) <= spread && std <= LIKE * spread && LIKE * std >= spread;
  if (fits(DEGREE * taskMean + ZERO, DEGREE * taskStd)) return "Fahrenheit in place of Celsius";
  return fits((taskMean - ZERO) / DEGREE, taskStd / DEGREE) ? "Celsius in place of Fahrenheit" : undefined;
}
