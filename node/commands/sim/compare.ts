/** `hearsay sim compare`: runs side by side, with what differs between their scenarios and how sure the difference is. */

import { HearsayError } from "../../../protocol/base/errors.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { readRuns } from "./files.ts";
import { withPlots, writeFigures } from "./plots.ts";
import { contrastTable, differenceTable, groupTable, letter } from "./print.ts";

interface CompareOptions {
  readonly html?: string;
  /** A directory. */
  readonly figures?: string;
  readonly json?: boolean;
}

/** With more groups than this a column for each would not fit. */
const MAX_COLUMNS = 6;

export async function run(paths: readonly string[], options: CompareOptions): Promise<void> {
  const { compareGroups, groupRuns } = await import("../../../sim/compare/compare.ts");
  const { textOf } = await import("../../../sim/compare/sweep.ts");
  const { inOrder } = await import("../../../sim/compare/sweep-table.ts");
  const sources = await Promise.all(paths.map(async (name) => ({ name, reports: inOrder(await readRuns(name)) })));
  const groups = groupRuns(sources);
  if (groups.length < 2) {
    const seeds = groups[0]?.reports.length ?? 0;
    const message = `all ${seeds} run(s) are of one scenario (hash ${groups[0]?.hash.slice(0, 8)}): name another to compare it with`;
    throw new HearsayError("ERR_DATA", message, { paths });
  }
  if (options.html !== undefined || options.figures !== undefined) {
    const page = await withPlots(() => import("../../../sim/report/compare-page.ts"));
    const titled = groups.map((group) => ({ ...group, label: group.title }));
    if (options.html !== undefined) await writeOutput(options.html, page.renderComparison(titled), "--html");
    if (options.figures !== undefined) await writeFigures(options.figures, page.comparisonFigures(titled), "--figures");
  }
  const compared = compareGroups(groups);
  if (options.json) {
    return printJson({
      groups: compared.map(({ group, metrics, differences }) => ({
        label: group.label,
        title: group.title,
        hash: group.hash,
        seeds: group.reports.map(({ summary }) => summary.seed),
        differs: Object.fromEntries(group.differs),
        metrics: byName(metrics),
        ...(group !== groups[0] && { minusFirst: byName(differences) }),
      })),
    });
  }
  const few = compared.length <= MAX_COLUMNS;
  const lettered = compared.map((entry, i) => ({
    ...entry,
    group: { ...entry.group, title: few ? `${letter(i)}  ${entry.group.title}` : entry.group.title },
  }));
  const parts = [groupTable(lettered), differenceTable(lettered), notes(compared)];
  if (few) parts.unshift(contrastTable(compared, textOf));
  print(`${parts.join("\n")}\n`);
}

type Compared = import("../../../sim/compare/compare.ts").Compared;
type Metrics = Compared["metrics"];

function byName(metrics: Metrics): Record<string, unknown> {
  return Object.fromEntries([...metrics].map(([{ name }, found]) => [name, found]));
}

function notes(compared: readonly Compared[]): string {
  const lines = [
    "± : 95 % interval of the mean over seeds (Student's t); differences are paired by seed; * : without 0",
  ];
  const single = compared.filter(({ group }) => group.reports.length === 1).length;
  if (single > 0) lines.push(`${single} of ${compared.length} with one seed: no interval`);
  const pairs = compared
    .slice(1)
    .filter(({ differences }) => [...differences.values()].every((found) => (found?.count ?? 0) < 2));
  if (pairs.length > 0)
    lines.push(`${pairs.length} with fewer than two seeds in common with the first: no interval of the difference`);
  return lines.join("\n");
}
