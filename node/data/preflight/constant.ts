/** Check `constant`: columns in which all readings are the same. */
import { quoted } from "../names.ts";
import type { DataCheck } from "./data-check.ts";
import { isConstant, isEmpty } from "./look.ts";

const MAX_NAMED = 5;

export const constant: DataCheck = {
  name: "constant",
  about: "columns in which every reading is the same",
  run({ columns }) {
    const features = columns.filter(({ use }) => use === "feature");
    const alike = features.filter((column) => isConstant(column) || isEmpty(column));
    if (alike.length === 0) return [];
    const names = alike.slice(0, MAX_NAMED).map(({ name }) => quoted(name));
    const what = `${alike.length} of ${features.length} features are constant: ${names.join(", ")}${alike.length > MAX_NAMED ? ", ..." : ""}`;
    const level = alike.length === features.length ? "failure" : "warning";
    return [
      { level, what, remedy: "look whether the sensor works and the right file is read; nothing is learned from them" },
    ];
  },
};
