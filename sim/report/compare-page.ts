/** Several runs on one page: a line for each group (its mean over seeds, shaded by its 95 % interval), and the final figures. */

import { counted } from "../../protocol/base/counted.ts";
import { byteUnit, formatBytes, formatNumber, isNumber } from "../../protocol/base/figures.ts";
import type { Point, Report, Summary } from "../run/report.ts";
import { SCORE_NAMES, type Score, scoreOf } from "../run/score.ts";
import type { Axis } from "./axes.ts";
import { bytesChart, lossChart, rimNote, SECONDS, scoreAxis, signaturesText } from "./curves.ts";
import { details, type FigureItem, facts, figures, heading, notice, renderPage, table, yamlBlock } from "./page.ts";
import { dotChart } from "./peer-plots.ts";
import { lineChart, type Series } from "./plots.ts";
import { meanCurve, meanInterval } from "./statistics.ts";
import { formatPercent, formatScore } from "./text.ts";

/** Runs that belong together, commonly one scenario under several seeds. */
export interface Group {
  readonly label: string;
  readonly reports: readonly Report[];
}

/** @returns a complete HTML document; the same bytes for the same groups. */
export function renderComparison(groups: readonly Group[]): string {
  const known = groups.filter(({ reports }) => reports.length > 0);
  const metrics = new Set(known.flatMap(({ reports }) => reports.map(scoreOf)));
  const metric = metrics.has("r2") ? "r2" : "accuracy";
  const runs = known.reduce((sum, { reports }) => sum + reports.length, 0);
  const simulated = known.flatMap(({ reports }) => reports).filter(({ summary }) => !summary.signatures).length;
  const name = known.length > 3 ? counted(known.length, "group") : known.map(({ label }) => label).join(", ");
  const parts = [
    heading(
      "Hearsay comparison",
      name,
      `${counted(runs, "run")} in ${counted(known.length, "group")}; a line and a row for each group.`,
    ),
    ...(metrics.size > 1
      ? [notice("Classifications and regressions are mixed here: accuracies are shown as if they were R².")]
      : []),
    ...(simulated > 0
      ? [
          notice(
            `Signatures are simulated in ${simulated} of ${counted(runs, "run")}: none was made, and every one holds.`,
          ),
        ]
      : []),
    `<section><h2>Final figures</h2>\n${finalTable(known, metric)}</section>`,
    figures("Curves", curveFigures(known, metric)),
    `<section><h2>Everything</h2>`,
    ...known.map(scenarioDetails),
    "</section>",
  ];
  return renderPage("Comparison - Hearsay", parts, WRAPPED);
}

/** The figures of that page. */
export function comparisonFigures(groups: readonly Group[]): FigureItem[] {
  const known = groups.filter(({ reports }) => reports.length > 0);
  return curveFigures(
    known,
    known.some(({ reports }) => reports.some((one) => scoreOf(one) === "r2")) ? "r2" : "accuracy",
  );
}

/** Names of groups and headings take several lines, so that no column is cut off. */
const WRAPPED =
  "tr>:first-child{white-space:normal;min-width:9em;max-width:22em}thead th{white-space:normal;vertical-align:bottom}";

type Column = readonly [
  title: string,
  value: (summary: Summary) => number | undefined,
  format: (value: number) => string,
];

/** Of the metrics that scenarios ask for beside accuracy. */
function furtherColumns(groups: readonly Group[]): Column[] {
  const finals = groups.flatMap(({ reports }) => reports.map(({ summary }) => summary.final.metrics ?? {}));
  return [...new Set(finals.flatMap(Object.keys))].map((name): Column => {
    return [`Mean ${name}`, ({ final }) => final.metrics?.[name]?.mean, (value) => formatNumber(value, 3)];
  });
}

function finalTable(groups: readonly Group[], metric: Score): string {
  const name = SCORE_NAMES[metric];
  const bytes = groups
    .flatMap(({ reports }) => reports.map(({ summary }) => summary.final.bytesPerPeer))
    .filter(isNumber);
  const unit = byteUnit(Math.max(0, ...bytes));
  const score = (value: number): string => formatScore(value, metric);
  const number = (value: number): string => formatNumber(value, 3);
  const columns: readonly Column[] = [
    [`Mean ${name}`, ({ final }) => final.accuracy.mean, score],
    ["Worst peer", ({ final }) => final.accuracy.worst, score],
    ["Attack success", ({ final }) => final.attackSuccess, formatPercent],
    ["Loss", ({ final }) => final.loss, number],
    ["Disagreement", ({ final }) => final.disagreement, number],
    [`Sent per peer (${unit.name})`, ({ final }) => final.bytesPerPeer / unit.bytes, number],
    ["Cycles per peer", ({ final }) => final.cycles, formatNumber],
    ["Seconds to target", ({ reached }) => reached?.seconds, formatNumber],
    ...furtherColumns(groups),
  ];
  const shown = columns.filter(([, value]) =>
    groups.some(({ reports }) => reports.some(({ summary }) => isNumber(value(summary)))),
  );
  const rows = groups.map(({ label, reports }) => [
    label,
    String(reports.length),
    ...shown.map(([, value, format]) => {
      const interval = meanInterval(reports.map(({ summary }) => value(summary)));
      if (interval === undefined) return "–";
      const { mean, half, count } = interval;
      // E.g. the time to a target that some runs never reached.
      const few = count < reports.length ? ` (${count} of ${counted(reports.length, "run")})` : "";
      return `${format(mean)}${half === undefined ? "" : ` ± ${format(half)}`}${few}`;
    }),
  ]);
  const note = "Mean over the runs ± half of the 95 % confidence interval (Student's t); a single run has none.";
  return `${table(["Group", "Runs", ...shown.map(([title]) => title)], rows)}\n<p class="kind">${note}</p>`;
}

function curveFigures(groups: readonly Group[], metric: Score): FigureItem[] {
  const name = SCORE_NAMES[metric];
  const title = (what: string): string => `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
  const over = (x: (point: Point) => number, y: (point: Point) => number | undefined): Series[] =>
    groups.map(({ label, reports }, style) => ({
      label,
      style,
      ...meanCurve(reports.map(({ series }) => series.map((point) => [x(point), y(point) ?? Number.NaN]))),
    }));
  const time = (y: (point: Point) => number | undefined): Series[] => over(({ seconds }) => seconds, y);
  const mean = (point: Point): number => point.accuracy.mean;
  const worst = (point: Point): number => point.accuracy.worst;
  const y = shadedAxis(groups, metric);
  const attacked = time(({ attackSuccess }) => attackSuccess).filter(({ points }) => points.length > 0);
  const share = { label: "triggered rows", percent: true, domain: [0, 1] } as const;
  const finals = groups.map(({ label, reports }) => {
    const interval = meanInterval(reports.map(({ summary }) => summary.final.accuracy.mean));
    if (interval === undefined) return { label };
    const { mean, half = 0 } = interval;
    // Neither an accuracy nor R² can be above 1, whatever the interval says.
    return { label, value: mean, interval: [mean - half, Math.min(1, mean + half)] as const };
  });
  const overBytes = (what: string, of: (point: Point) => number): FigureItem => ({
    svg: bytesChart(
      title(`${what} over bytes`),
      y,
      over(({ bytesPerPeer }) => bytesPerPeer, of),
    ),
  });
  return [
    {
      svg: lineChart({ title: title(`mean ${name} over time`), x: SECONDS, y, series: time(mean) }),
      caption: `${BAND}${rimNote(metric)}`,
    },
    { svg: lineChart({ title: title(`${name} of the worst peer over time`), x: SECONDS, y, series: time(worst) }) },
    overBytes(`mean ${name}`, mean),
    overBytes(`${name} of the worst peer`, worst),
    {
      svg: lossChart(
        "Loss over time",
        "loss, mean",
        time(({ loss }) => loss),
      ),
    },
    {
      svg: lossChart(
        "Disagreement over time",
        "distance from their mean",
        time(({ disagreement }) => disagreement),
      ),
    },
    ...(attacked.length > 0
      ? [{ svg: lineChart({ title: "Attack success over time", x: SECONDS, y: share, series: attacked }) }]
      : []),
    {
      svg: dotChart({ title: `Final mean ${name}`, x: { label: name, percent: metric === "accuracy" }, rows: finals }),
      caption: "With 95 % confidence intervals over the runs.",
    },
  ];
}

/** With what the shade is, for figures that stand alone. */
function shadedAxis(groups: readonly Group[], metric: Score): Axis {
  const axis = scoreAxis(metric);
  const isShaded = groups.some(({ reports }) => reports.length > 1);
  return isShaded ? { ...axis, label: `${axis.label}; shaded: 95 % interval` } : axis;
}

const BAND =
  "Mean over the runs of a group; shaded: its 95 % confidence interval (Student's t), where there are two runs or more.";

/** Each scenario of a group once; its runs may differ in the seed alone. */
function scenarioDetails({ label, reports }: Group): string {
  const hashes = [...new Set(reports.map(({ summary }) => summary.hash))];
  const parts = hashes.map((hash) => {
    const same = reports.filter(({ summary }) => summary.hash === hash);
    const [first] = same;
    if (first === undefined) return "";
    const { summary, scenario } = first;
    const header = facts([
      ["Name", summary.name],
      ["Hash", hash],
      ["Seeds", same.map(({ summary }) => summary.seed).join(", ")],
      ["Algorithm", summary.algorithm],
      ["Attack", summary.attack],
      ["Liars", `${summary.liars} of ${summary.honest + summary.liars}`],
      ["Signatures", signaturesText(summary.signatures)],
      ["Sent per peer", formatBytes(summary.final.bytesPerPeer)],
    ]);
    return header + yamlBlock(scenario);
  });
  return details(`Scenario: ${label}`, parts.join("\n"));
}
