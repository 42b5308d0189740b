/** Data that some sweeps need and that no shipped set is: made from one, the same bytes whenever. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { packageRoot } from "../package-root.ts";
import { writeWhole } from "./sim-files.ts";
import { RESULTS } from "./sim-report-sweeps.ts";

/**
 * `.results/digits-halves.csv`: the digits with a column `half`, low for 0 to 4 and high for 5 to 9. As owners, the two halves are
 * consecutive peers: the two sides of a dumbbell, or of a partition by blocks.
 */
export async function writeHalves(): Promise<void> {
  const path = join(RESULTS, "digits-halves.csv");
  if (existsSync(path)) return;
  const source = gunzipSync(await readFile(join(packageRoot(), "node/data/sets/digits.csv.gz"))).toString("utf8");
  const [head = "", ...rows] = source.split(/\r?\n/).filter((line) => line !== "");
  const label = head.split(",").indexOf("label");
  const lines = rows.map((row) => `${row},${Number(row.split(",")[label]) < 5 ? "low" : "high"}`);
  await writeWhole(path, `${[`${head},half`, ...lines].join("\n")}\n`);
}
