/** Reports as tidy tables: one row a measurement, one column a variable, for other programs. Columns that mark the run out come first. */
import type { Point, Report } from "../run/report.ts";
import { valueAt } from "./sweep-paths.ts";
import { type Row, varyingPaths } from "./sweep-table.ts";

/** A row for each point of each run. */
export function seriesTable(reports: readonly Report[]): Row[] {
  return rowsOf(reports, ({ series }) => series.map(pointRow));
}

/** A row for each measurement of each peer; empty where no scenario asks for curves. */
export function curvesTable(reports: readonly Report[]): Row[] {
  return rowsOf(reports, ({ curves = [] }) => curves.map(({ metrics, ...row }) => ({ ...row, ...metrics })));
}

/** A row for each peer, with its final model. */
export function peersTable(reports: readonly Report[]): Row[] {
  return rowsOf(reports, ({ peers }) =>
    peers.map(({ merges, metrics, ...row }) => ({
      ...row,
      ...metrics,
      ...Object.fromEntries(Object.entries(merges).map(([status, count]) => [`merged.${status}`, count])),
    })),
  );
}

function rowsOf(reports: readonly Report[], rows: (report: Report) => Row[]): Row[] {
  const paths = varyingPaths(reports.map(({ scenario }) => scenario));
  return reports.flatMap((report) => {
    const { seed, hash } = report.summary;
    const run = Object.fromEntries(paths.map((path) => [path, valueAt(report.scenario, path)]));
    return rows(report).map((row) => ({ ...run, seed, hash, ...row }));
  });
}

function pointRow({ accuracy, metrics = {}, ...rest }: Point): Row {
  const spreads = Object.entries({ accuracy, ...metrics }).flatMap(([name, { mean, worst, std }]) => [
    [`${name}Mean`, mean],
    [`${name}Worst`, worst],
    [`${name}Std`, std],
  ]);
  return { ...rest, ...Object.fromEntries(spreads) };
}
