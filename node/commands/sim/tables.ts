/** What a sweep leaves beside its runs: one table for people and plots, and the page that compares its groups. */

import { join } from "node:path";
import { writeOutput } from "../../disk/whole-file.ts";
import { type Report, readRun, runFiles } from "./files.ts";
import { plotsIfInstalled, writeFigures } from "./plots.ts";

type Compared = import("../../../sim/compare/compare.ts").Compared;

interface Tables {
  readonly groups: Compared[];
  readonly files: string[];
}

/** What names the directory. */
const OUT = "--out";

/**
 * Writes results.csv, series.csv, results.jsonl, curves.csv where a scenario asks for curves, and, where its plots can be drawn, report.html from all run files in the directory, whoever made them.
 * Gives the groups and the names of the files for people; without any run, none.
 * @throws HearsayError ERR_DATA for a broken run file.
 */
export async function writeTables(directory: string): Promise<Tables> {
  const { csvOf, inOrder, tableOf } = await import("../../../sim/compare/sweep-table.ts");
  const { curvesTable, seriesTable } = await import("../../../sim/compare/tidy.ts");
  const { compareGroups, groupRuns } = await import("../../../sim/compare/compare.ts");
  const found: Report[] = [];
  for (const path of await runFiles(directory)) found.push(await readRun(path));
  if (found.length === 0) return { groups: [], files: [] };
  const reports = inOrder(found);
  const rows = tableOf(reports);
  const groups = groupRuns([{ name: directory, reports }]);
  await writeOutput(join(directory, "results.csv"), csvOf(rows), OUT);
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`);
  await writeOutput(join(directory, "results.jsonl"), lines.join(""), OUT);
  await writeOutput(join(directory, "series.csv"), csvOf(seriesTable(reports)), OUT);
  const curves = curvesTable(reports);
  if (curves.length > 0) await writeOutput(join(directory, "curves.csv"), csvOf(curves), OUT);
  const files = ["results.csv", "series.csv", ...(curves.length > 0 ? ["curves.csv"] : [])];
  const page = await plotsIfInstalled(() => import("../../../sim/report/compare-page.ts"));
  if (page !== undefined) {
    const titled = groups.map((group) => ({ ...group, label: group.title }));
    await writeOutput(join(directory, "report.html"), page.renderComparison(titled), OUT);
    await writeFigures(join(directory, "figures"), page.comparisonFigures(titled), OUT);
    files.push("report.html", "figures/");
  }
  return { groups: compareGroups(groups), files: files.map((file) => join(directory, file)) };
}
