/** Figures of simulations for people. */
import { formatBytes } from "../../../protocol/base/figures.ts";
import { onOutput } from "../../terminal/colours.ts";
import { table } from "../../terminal/print.ts";

type Compared = import("../../../sim/compare/compare.ts").Compared;
type Estimate = import("../../../sim/compare/statistics.ts").Estimate;
type Metric = import("../../../sim/compare/compare.ts").Metric;
type Unit = import("../../../sim/compare/compare.ts").Unit;

/** `91.2 +- 0.8 %`. */
function estimateText(found: Estimate | undefined, unit: Unit, groupSize: number): string {
  if (found === undefined) return "-";
  const { mean, halfWidth, count } = found;
  const some = count < groupSize ? onOutput.dim(` (${count} of ${groupSize})`) : "";
  if (unit === "share" || unit === "points") {
    const spread = halfWidth === undefined ? "" : ` ± ${(100 * halfWidth).toFixed(1)}`;
    return `${(100 * mean).toFixed(1)}${spread}${unit === "share" ? " %" : ""}${some}`;
  }
  const spread = halfWidth === undefined ? "" : ` ± ${figure(halfWidth, unit)}`;
  return `${figure(mean, unit)}${spread}${some}`;
}

function figure(value: number, unit: Unit): string {
  if (unit === "bytes") return formatBytes(Math.round(value));
  if (unit === "seconds") return `${short(value)} s`;
  return short(value);
}

/** Three digits. */
function short(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** One line a group: mean over its seeds, with the 95 % interval. */
export function groupTable(compared: readonly Compared[]): string {
  const metrics = metricsOf(compared);
  return table(
    ["", "seeds", ...metrics.map(({ name }) => name)],
    compared.map(({ group, metrics: found }) => [
      group.title,
      String(group.reports.length),
      ...metrics.map((metric) => estimateText(found.get(metric), metric.unit, group.reports.length)),
    ]),
  );
}

/** One line a group but the first: its difference to the first, bold where the interval leaves 0 out. */
export function differenceTable(compared: readonly Compared[]): string {
  const metrics = metricsOf(compared);
  const rows = compared.slice(1).map(({ group, differences }) => [
    group.title,
    String(Math.max(0, ...metrics.map((metric) => differences.get(metric)?.count ?? 0))),
    ...metrics.map((metric) => {
      const found = differences.get(metric);
      const unit = metric.unit === "share" ? "points" : metric.unit;
      const text = estimateText(found, unit, found?.count ?? 0);
      const signed = found !== undefined && found.mean > 0 ? `+${text}` : text;
      const clear = found?.halfWidth !== undefined && Math.abs(found.mean) > found.halfWidth;
      return clear ? onOutput.bold(`${signed} *`) : signed;
    }),
  ]);
  return table(["minus the first", "pairs", ...metrics.map(({ name }) => name)], rows);
}

/** What differs between the groups: a line a path. */
export function contrastTable(compared: readonly Compared[], text: (value: unknown) => string): string {
  const paths = [...new Set(compared.flatMap(({ group }) => [...group.differs.keys()]))];
  return table(
    ["", ...compared.map((_, i) => letter(i))],
    paths.map((path) => [
      path,
      ...compared.map(({ group }) => {
        const value = group.differs.get(path);
        return value === undefined ? onOutput.dim("none") : text(value);
      }),
    ]),
  );
}

/** A, B, ... Z, 27, ... */
export function letter(i: number): string {
  return i < 26 ? String.fromCharCode(65 + i) : String(i + 1);
}

function metricsOf(compared: readonly Compared[]): Metric[] {
  return [...(compared[0]?.metrics.keys() ?? [])];
}
