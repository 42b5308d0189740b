/** Check `missing`: columns of which many readings are not there. */
import { DEFAULT_POLICY, MISSING_POLICIES } from "../../../protocol/learn/data/missing.ts";
import { quoted } from "../names.ts";
import { type DataCheck, type DataFinding, fewOf } from "./data-check.ts";

/** Of the rows: with fewer, the model still learns from the column. */
const MOST = 0.2;

export const missing: DataCheck = {
  name: "missing",
  about: "more than a fifth of the readings of a column are missing",
  run({ columns, data: { length }, task: { input } }) {
    const policy = input.missingPolicy ?? DEFAULT_POLICY;
    const remedy = `look why they are missing; the task's choice for such rows is ${policy}: ${MISSING_POLICIES.get(policy)}`;
    const found = columns.flatMap((column): DataFinding[] => {
      if (column.missing <= MOST * length) return [];
      const share = `${Math.round((100 * column.missing) / length)} % of the readings are missing`;
      return [{ level: "warning", column: column.name, what: `${quoted(column.name)}: ${share}`, remedy }];
    });
    return fewOf(found, remedy);
  },
};
