/** One run as a page that opens from disk: key figures, curves, what became of each peer, and the scenario that repeats it. */

import { formatBytes, formatNumber } from "../../protocol/base/figures.ts";
import type { CurvePoint, PeerRow, Report } from "../run/report.ts";
import { SCORE_NAMES, type Score, scoreOf } from "../run/score.ts";
import type { Axis } from "./axes.ts";
import { bytesChart, lossChart, overTime, rimNote, SECONDS, scoreAxis, signaturesText } from "./curves.ts";
import {
  type Card,
  cards,
  details,
  type FigureItem,
  facts,
  figures,
  heading,
  notice,
  renderPage,
  table,
  yamlBlock,
} from "./page.ts";
import { peerFigures } from "./peer-figures.ts";
import { barChart, lineChart, type Series } from "./plots.ts";
import { formatPercent, formatScore } from "./text.ts";

/** A table of more peers than this is left to the JSON. */
const LONGEST_TABLE = 1000;

/** @returns a complete HTML document; the same bytes for the same report. */
export function renderReport(report: Report): string {
  const { scenario, summary, series } = report;
  const metric = scoreOf(report);
  const parts = [
    heading("Hearsay simulation", summary.name, scenario.about),
    ...(summary.signatures
      ? []
      : [notice("Signatures are simulated in this run: none was made, and every one holds.")]),
    cards(keyFigures(report, metric)),
    facts(headerFacts(report)),
    figures("Learning", learningFigures(report, metric)),
    figures("Peers", peerFigures(report, metric)),
    `<section><h2>Everything</h2>`,
    details("Scenario", yamlBlock(scenario)),
    details(`Series: ${series.length} measurements`, seriesTable(report, metric)),
    details("Summary", summaryTable(report, metric)),
    ...(report.peers.length > LONGEST_TABLE ? [] : [peersTable(report, metric)]),
    "</section>",
  ];
  return renderPage(`${summary.name}, seed ${summary.seed} - Hearsay`, parts);
}

/** The figures of that page. */
export function reportFigures(report: Report): FigureItem[] {
  const metric = scoreOf(report);
  return [...learningFigures(report, metric), ...peerFigures(report, metric)];
}

function keyFigures({ summary }: Report, metric: Score): Card[] {
  const { final, reached } = summary;
  const name = SCORE_NAMES[metric];
  const list: Card[] = [
    { label: `Final mean ${name}`, value: formatScore(final.accuracy.mean, metric), note: "of the honest peers" },
    { label: "Worst honest peer", value: formatScore(final.accuracy.worst, metric), note: name },
    { label: "Disagreement", value: formatNumber(final.disagreement, 3), note: "between honest peers" },
    { label: "Sent per peer", value: formatBytes(final.bytesPerPeer), note: "mean of the honest" },
    { label: "Cycles per peer", value: formatNumber(final.cycles), note: "local trainings" },
  ];
  for (const [label, { mean, worst }] of Object.entries(final.metrics ?? {}))
    list.push({ label, value: formatNumber(mean, 3), note: `mean; worst peer ${formatNumber(worst, 3)}` });
  if (final.attackSuccess !== undefined)
    list.push({ label: "Attack success", value: formatPercent(final.attackSuccess), note: "of triggered rows" });
  if (reached !== undefined)
    list.push({
      label: "Target reached after",
      value: `${formatNumber(reached.seconds)} s`,
      note: `${formatNumber(reached.cycles)} cycles, ${formatBytes(reached.bytesPerPeer)} per peer`,
    });
  return list;
}

function headerFacts({ scenario, summary }: Report): [string, string][] {
  const peers = summary.honest + summary.liars;
  const liars = `${formatNumber(summary.liars)} of ${formatNumber(peers)} (${formatPercent(summary.liars / Math.max(1, peers))})`;
  return [
    ["Hash", summary.hash],
    ["Seed", String(summary.seed)],
    ["Algorithm", summary.algorithm],
    ["Attack", summary.attack],
    ["Liars", liars],
    ["Signatures", signaturesText(summary.signatures)],
    ["Data", `${scenario.data.set}, ${scenario.partition}`],
    ["Updates", `${formatNumber(summary.updates)} local trainings of all honest peers`],
    ["Merges", formatNumber(summary.merges)],
  ];
}

function learningFigures({ summary, series, curves = [] }: Report, metric: Score): { svg: string; caption?: string }[] {
  const name = SCORE_NAMES[metric];
  const mean: Series = {
    label: "mean ± standard deviation",
    points: overTime(series, ({ accuracy }) => accuracy.mean),
    band: series.map(({ seconds, accuracy: { mean, std } }) => [seconds, mean - std, mean + std]),
  };
  const worst: Series = { label: "worst peer", points: overTime(series, ({ accuracy }) => accuracy.worst) };
  const bytes = (line: Series): Series => ({
    ...line,
    points: line.points.map(([, y], i) => [series[i]?.bytesPerPeer ?? Number.NaN, y]),
    ...(line.band && { band: line.band.map(([, low, high], i) => [series[i]?.bytesPerPeer ?? Number.NaN, low, high]) }),
  });
  const y = scoreAxis(metric);
  const title = (over: string): string => `${capital(name)} of the honest peers over ${over}`;
  const loss = { label: "loss", points: overTime(series, (point) => point.loss) };
  const apart = { label: "disagreement", points: overTime(series, (point) => point.disagreement), style: 2 };
  const success = { label: "attack success", points: overTime(series, (point) => point.attackSuccess), style: 1 };
  const share = { label: "triggered rows", percent: true, domain: [0, 1] } as const;
  return [
    {
      svg: lineChart({ title: title("time"), x: SECONDS, y, series: [mean, worst] }),
      ...(metric === "r2" && { caption: rimNote(metric).trim() }),
    },
    ...(curves.length > 0 ? [crowdFigure(`${capital(name)} of each peer over time`, y, mean, curves)] : []),
    { svg: bytesChart(title("bytes"), y, [bytes(mean), bytes(worst)]) },
    { svg: lossChart("Loss of the honest peers over time", "loss, mean", [loss]) },
    {
      svg: lossChart("Disagreement of the honest peers over time", "distance from their mean", [apart]),
      caption: "Mean distance of a peer's model from the mean model, over that model's length.",
    },
    ...(series.some(({ attackSuccess }) => attackSuccess !== undefined)
      ? [{ svg: lineChart({ title: "Attack success over time", x: SECONDS, y: share, series: [success] }) }]
      : []),
    {
      svg: stalenessChart(summary.staleness),
      caption: "Staleness: local trainings that the receiver was ahead of the sender. The last bar holds all above.",
    },
  ];
}

function crowdFigure(title: string, y: Axis, mean: Series, curves: readonly CurvePoint[]): FigureItem {
  const svg = lineChart({ title, x: SECONDS, y, series: [mean], crowd: linesOf(curves) });
  return { svg, caption: "Grey: a line for each peer that was evaluated; in colour: their mean ± standard deviation." };
}

/** One for each peer. */
function linesOf(curves: readonly CurvePoint[]): [number, number][][] {
  const byPeer = Map.groupBy(curves, ({ index }) => index);
  return [...byPeer.values()].map((points) => points.map(({ seconds, accuracy }) => [seconds, accuracy]));
}

function stalenessChart(counts: readonly number[]): string {
  const bars = counts.map((count, i) => ({
    label: i === counts.length - 1 && i > 0 ? `${i}+` : `${i}`,
    values: [count],
  }));
  return barChart({ title: "Staleness of merged models", x: "staleness", y: { label: "models" }, bars });
}

function seriesTable({ series }: Report, metric: Score): string {
  const name = SCORE_NAMES[metric];
  const attacked = series.some(({ attackSuccess }) => attackSuccess !== undefined);
  const columns = [
    "Virtual seconds",
    "Cycles",
    "Sent per peer",
    `Mean ${name}`,
    "Worst",
    "Deviation",
    "Loss",
    "Disagreement",
  ];
  const rows = series.map((point) => [
    formatNumber(point.seconds, 6),
    formatNumber(point.cycles, 5),
    formatBytes(point.bytesPerPeer),
    formatNumber(point.accuracy.mean),
    formatNumber(point.accuracy.worst),
    formatNumber(point.accuracy.std),
    formatNumber(point.loss),
    formatNumber(point.disagreement),
    ...(attacked ? [formatNumber(point.attackSuccess)] : []),
  ]);
  return table(attacked ? [...columns, "Attack success"] : columns, rows);
}

/** Every figure as it is in the JSON, unrounded. */
function summaryTable({ summary }: Report, metric: Score): string {
  const { final, reached, staleness } = summary;
  const name = SCORE_NAMES[metric];
  const rows: [string, unknown][] = [
    [`Final mean ${name}`, final.accuracy.mean],
    [`Final worst ${name}`, final.accuracy.worst],
    [`Final deviation of ${name}`, final.accuracy.std],
    ["Final loss", final.loss],
    ["Final disagreement", final.disagreement],
    ["Final attack success", final.attackSuccess],
    ["Cycles per honest peer", final.cycles],
    ["Bytes sent per honest peer", final.bytesPerPeer],
    ["Virtual seconds", final.seconds],
    ["Target reached: virtual seconds", reached?.seconds],
    ["Target reached: cycles", reached?.cycles],
    ["Target reached: bytes per peer", reached?.bytesPerPeer],
    ["Honest peers", summary.honest],
    ["Liars", summary.liars],
    ["Updates", summary.updates],
    ["Merges", summary.merges],
    ...staleness.map((count, i): [string, number] => [
      `Models of staleness ${i}${i < staleness.length - 1 ? "" : "+"}`,
      count,
    ]),
  ];
  const known = rows.filter(([, value]) => typeof value === "number" && Number.isFinite(value));
  return table(
    ["Figure", "Value"],
    known.map(([label, value]) => [label, String(value)]),
  );
}

function peersTable({ peers }: Report, metric: Score): string {
  const columns = [
    "Peer",
    "",
    `Final ${SCORE_NAMES[metric]}`,
    "Cycles",
    "Sent",
    "Rows",
    "Mean weight",
    "Merged by others",
  ];
  const merges = (peer: PeerRow): string =>
    Object.entries(peer.merges)
      .map(([status, count]) => `${formatNumber(count)} ${status}`)
      .join(", ");
  const rows = peers
    .toSorted((a, b) => a.index - b.index)
    .map((peer) => [
      String(peer.index),
      peer.honest ? "honest" : "liar",
      formatScore(peer.accuracy, metric),
      formatNumber(peer.cycles),
      formatBytes(peer.bytesOut),
      formatNumber(peer.rows),
      formatNumber(peer.meanWeight, 3),
      merges(peer),
    ]);
  return details(`Peers: ${peers.length}`, table(columns, rows), peers.length > 100);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
