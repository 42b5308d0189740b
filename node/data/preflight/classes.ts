/** Check `classes`: classes of the task of which this peer has no row. */
import { listed } from "../names.ts";
import type { DataCheck } from "./data-check.ts";

export const classes: DataCheck = {
  name: "classes",
  about: "classes of the task of which there is no row",
  run({ data, task: { output } }) {
    if (output.kind !== "classification" || data.length === 0) return [];
    const seen = new Set(data.targets);
    const absent = output.classes.filter((_, index) => !seen.has(index));
    if (absent.length === 0) return [];
    const what = `no row is of ${absent.length} of the ${output.classes.length} classes: ${listed(absent)}`;
    const remedy =
      "this peer learns them from its neighbours only: fine where that is how things are, else look at the labels";
    return [{ level: "warning", what, remedy }];
  },
};
