/**
 * Runs side by side: the repetitions of one scenario are a group, and every other group is compared with the first.
 *
 * Differences are paired by seed, which deals the same data to the same devices: what the seeds have in common cancels.
 */

import { isNumber } from "../../protocol/base/figures.ts";
import type { Report } from "../run/report.ts";
import { SCORE_NAMES, scoreOf } from "../run/score.ts";
import { type Estimate, estimate } from "./statistics.ts";
import { type Labelled, labelScenarios } from "./sweep-table.ts";

/** Runs from one place: a directory or file that the user named. */
export interface Source {
  readonly name: string;
  readonly reports: readonly Report[];
}

export interface Group extends Labelled {
  readonly hash: string;
  /** By seed. */
  readonly reports: readonly Report[];
}

export type Unit = "share" | "points" | "bytes" | "seconds" | "cycles" | "number";

export interface Metric {
  readonly name: string;
  readonly unit: Unit;
  of(report: Report): number | undefined;
}

/** What is compared, beside the metrics that the runs asked for; a metric that no run has is left out. */
export const METRICS: readonly Metric[] = [
  { name: "accuracy", unit: "share", of: ({ summary }) => summary.final.accuracy.mean },
  { name: "worst peer", unit: "share", of: ({ summary }) => summary.final.accuracy.worst },
  { name: "attack success", unit: "share", of: ({ summary }) => summary.final.attackSuccess },
  { name: "Jain's index", unit: "share", of: ({ summary }) => summary.fairness?.jain },
  { name: "honest models", unit: "share", of: ({ summary }) => summary.fairness?.honestShare },
  { name: "rare data move", unit: "share", of: ({ summary }) => summary.fairness?.rare },
  { name: "disagreement", unit: "number", of: ({ summary }) => summary.final.disagreement },
  { name: "bytes per peer", unit: "bytes", of: ({ summary }) => summary.final.bytesPerPeer },
  { name: "seconds to target", unit: "seconds", of: ({ summary }) => summary.reached?.seconds },
  { name: "cycles to target", unit: "cycles", of: ({ summary }) => summary.reached?.cycles },
  { name: "bytes to target", unit: "bytes", of: ({ summary }) => summary.reached?.bytesPerPeer },
];

export interface Compared {
  readonly group: Group;
  /** Over the seeds of the group that have the metric; undefined where none has. */
  readonly metrics: ReadonlyMap<Metric, Estimate | undefined>;
  /** This group minus the first, over the seeds of both; undefined for the first, and where they have none in common. */
  readonly differences: ReadonlyMap<Metric, Estimate | undefined>;
}

/**
 * Groups by hash, in the order in which they are met. A hash whose runs of one seed are not the same in all places, because
 * another version of the code made them, is a group for each place: so two versions can be compared.
 */
export function groupRuns(sources: readonly Source[]): Group[] {
  const places = new Map<string, { name: string; reports: Map<number, Report> }[]>();
  for (const { name, reports } of sources) {
    for (const report of reports) {
      const { hash, seed } = report.summary;
      const known = places.get(hash) ?? [];
      places.set(hash, known);
      const place = known.find((other) => other.name === name);
      if (place === undefined) known.push({ name, reports: new Map([[seed, report]]) });
      else place.reports.set(seed, report);
    }
  }
  const parts = [...places].flatMap(([hash, found]) => {
    const joined = join(found.map(({ reports }) => reports));
    if (joined !== undefined) return [{ hash, from: "", reports: joined }];
    return found.map(({ name, reports }) => ({ hash, from: name, reports }));
  });
  const labels = labelScenarios(parts.map(({ reports }) => ([...reports.values()][0] as Report).scenario));
  return parts.map(({ hash, from, reports }, i) => {
    const { label, title, differs } = labels[i] as Labelled;
    const place = from === "" ? "" : ` (${from})`;
    const inOrder = [...reports].sort(([a], [b]) => a - b).map(([, report]) => report);
    return { hash, label: `${label}${place}`, title: `${title}${place}`, differs, reports: inOrder };
  });
}

/** Undefined where two places have different runs of one seed. */
function join(places: readonly ReadonlyMap<number, Report>[]): Map<number, Report> | undefined {
  const all = new Map<number, Report>();
  for (const place of places) {
    for (const [seed, report] of place) {
      const known = all.get(seed);
      if (known !== undefined && JSON.stringify(known.summary) !== JSON.stringify(report.summary)) return undefined;
      all.set(seed, report);
    }
  }
  return all;
}

export function compareGroups(groups: readonly Group[]): Compared[] {
  const areRegressions = groups.every(({ reports }) => reports.every((report) => scoreOf(report) === "r2"));
  const own = areRegressions ? METRICS.map(asR2) : METRICS;
  const metrics = [...own, ...furtherMetrics(groups)].filter((metric) =>
    groups.some(({ reports }) => reports.some((report) => metric.of(report) !== undefined)),
  );
  return groups.map((group) => ({
    group,
    metrics: new Map(metrics.map((metric) => [metric, over(group.reports.map((report) => metric.of(report)))])),
    differences: new Map(
      metrics.map((metric) => [
        metric,
        group === groups[0] ? undefined : pairedDifference(groups[0] as Group, group, metric),
      ]),
    ),
  }));
}

/** R² is no share of anything: it may be negative. */
function asR2(metric: Metric): Metric {
  if (metric.name !== "accuracy" && metric.name !== "worst peer") return metric;
  return { ...metric, name: metric.name === "accuracy" ? SCORE_NAMES.r2 : metric.name, unit: "number" };
}

/** Mean and worst of those that scenarios name in `metrics.also`. */
function furtherMetrics(groups: readonly Group[]): Metric[] {
  const finals = groups.flatMap(({ reports }) => reports.map(({ summary }) => summary.final.metrics ?? {}));
  return [...new Set(finals.flatMap(Object.keys))].flatMap((name): Metric[] => [
    { name, unit: "number", of: ({ summary }) => summary.final.metrics?.[name]?.mean },
    { name: `${name}, worst peer`, unit: "number", of: ({ summary }) => summary.final.metrics?.[name]?.worst },
  ]);
}

function pairedDifference(first: Group, other: Group, metric: Metric): Estimate | undefined {
  const bySeed = new Map(first.reports.map((report) => [report.summary.seed, metric.of(report)]));
  return over(
    other.reports.map((report) => {
      const [before, after] = [bySeed.get(report.summary.seed), metric.of(report)];
      return isNumber(before) && isNumber(after) ? after - before : undefined;
    }),
  );
}

function over(values: readonly (number | undefined)[]): Estimate | undefined {
  const known = values.filter(isNumber); // a report has null where a figure was not finite
  return known.length === 0 ? undefined : estimate(known);
}
