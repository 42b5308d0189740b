/** Data that some sweeps need and that no shipped set is: made from one, the same bytes whenever. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { packageRoot } from "../../disk/package-root.ts";
import { writeOutput } from "../../disk/whole-file.ts";

import { RESULTS } from "./report-sweeps.ts";

/**
 * `.results/digits-halves.csv`: the digits with a column `half`, low for 0 to 4 and high for 5 to 9. As owners, the two halves are
 * consecutive peers: the two sides of a dumbbell, or of a partition by blocks.
 */
export function writeHalves(): Promise<void> {
  return writeDigits("digits-halves.csv", "half", (digit) => (digit < 5 ? "low" : "high"));
}

/**
 * `.results/digits-rare.csv`: the digits with a column `owner`, rare for the nines and common for all others. Of 30 peers, dealt by
 * owner, three hold all the nines and nothing else.
 */
export function writeRare(): Promise<void> {
  return writeDigits("digits-rare.csv", "owner", (digit) => (digit === 9 ? "rare" : "common"));
}

/** The digits with one more column. */
async function writeDigits(file: string, column: string, ownerOf: (digit: number) => string): Promise<void> {
  const path = join(RESULTS, file);
  if (existsSync(path)) return;
  const source = gunzipSync(await readFile(join(packageRoot(), "node/data/sets/digits.csv.gz"))).toString("utf8");
  const [head = "", ...rows] = source.split(/\r?\n/).filter((line) => line !== "");
  const label = head.split(",").indexOf("label");
  const lines = rows.map((row) => `${row},${ownerOf(Number(row.split(",")[label]))}`);
  await writeOutput(path, `${[`${head},${column}`, ...lines].join("\n")}\n`, undefined);
}
