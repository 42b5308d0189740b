/** Check `constant`: columns in which all readings are the same. */
import { quoted } from "../names.ts";
import { roundedBeside } from "../number.ts";
import type { DataCheck, DataFinding } from "./data-check.ts";
import { type ColumnLook, isConstant, isEmpty } from "./look.ts";

const MAX_NAMED = 5;

export const constant: DataCheck = {
  name: "constant",
  about: "columns in which every reading is the same",
  run({ columns }) {
    const features = columns.filter(({ use }) => use === "feature");
    const alike = features.filter((column) => isConstant(column) || isEmpty(column));
    const targets = columns.filter((column) => column.use === "target" && isConstant(column)).map(constantTarget);
    if (alike.length === 0) return targets;
    const names = alike.slice(0, MAX_NAMED).map(({ name }) => quoted(name));
    const what = `${alike.length} of ${features.length} features are constant: ${names.join(", ")}${alike.length > MAX_NAMED ? ", ..." : ""}`;
    const level = alike.length === features.length ? "failure" : "warning";
    return [
      { level, what, remedy: "look whether the sensor works and the right file is read; nothing is learned from them" },
      ...targets,
    ];
  },
};

/** One peer's share may well be like that, as it may lack classes. */
function constantTarget({ name, lowest, taskStd }: ColumnLook): DataFinding {
  const what = `the target ${quoted(name)} is ${roundedBeside(lowest, taskStd, 4)} in every row`;
  const remedy =
    "this peer learns what it depends on from its neighbours only: fine where that is how things are, else look at the label column";
  return { level: "warning", column: name, what, remedy };
}
