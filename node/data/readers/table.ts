/** Reader `table`: text files of rows and columns with a header line. */
import type { DataReader } from "./reader.ts";

export const table: DataReader = {
  name: "table",
  endings: [".csv", ".tsv"],
  namesColumns: true,
  load: () => import("./read-table.ts"),
};
