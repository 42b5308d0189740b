/** What a sweep leaves beside its runs: one table for people and plots, and the page that compares its groups. */

import { join } from "node:path";
import { writeOutput } from "../../disk/whole-file.ts";
import { type Report, readRun, runFiles } from "./files.ts";

type Compared = import("../../../sim/compare/compare.ts").Compared;

/**
 * Writes results.csv, results.jsonl and report.html from all run files in the directory, whoever made them, and gives the groups;
 * without any run, nothing.
 * @throws HearsayError ERR_DATA for a broken run file.
 */
export async function writeTables(directory: string): Promise<Compared[]> {
  const { csvOf, inOrder, tableOf } = await import("../../../sim/compare/sweep-table.ts");
  const { compareGroups, groupRuns } = await import("../../../sim/compare/compare.ts");
  const { renderComparison } = await import("../../../sim/report/compare-page.ts");
  const found: Report[] = [];
  for (const path of await runFiles(directory)) found.push(await readRun(path));
  if (found.length === 0) return [];
  const reports = inOrder(found);
  const rows = tableOf(reports);
  const groups = groupRuns([{ name: directory, reports }]);
  await writeOutput(join(directory, "results.csv"), csvOf(rows));
  await writeOutput(join(directory, "results.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await writeOutput(join(directory, "report.html"), renderComparison(groups));
  return compareGroups(groups);
}
