/**
 * What the honest peers made of each peer's models, and how well each ended: a row for each peer, the same rows in every figure; for
 * crowds, honest peers against liars.
 */

import { formatNumber, isNumber } from "../../protocol/base/figures.ts";
import type { PeerRow, Report } from "../run/report.ts";
import { SCORE_NAMES, type Score } from "../run/score.ts";
import type { FigureItem } from "./page.ts";
import { LIAR, MUTED, STATUS_COLOURS } from "./palette.ts";
import { dotChart, histogram } from "./peer-plots.ts";
import { barChart } from "./plots.ts";
import type { Key } from "./svg.ts";

/** Rows that still fit on a screen. */
const MOST_ROWS = 60;

const SHARES = { label: "share of its models that others took up", percent: true, domain: [0, 1] } as const;

export function peerFigures({ peers, summary }: Report, metric: Score): FigureItem[] {
  const sorted = peers.toSorted((a, b) => a.index - b.index);
  const statuses = statusesOf(sorted);
  return sorted.length > MOST_ROWS
    ? crowdFigures(sorted, statuses, metric)
    : rowFigures(sorted, statuses, metric, summary.final.accuracy.mean);
}

function rowFigures(peers: readonly PeerRow[], statuses: readonly Key[], metric: Score, mean: number): FigureItem[] {
  const rows = peers.map(({ index, honest }) => ({ label: honest ? `${index}` : `liar ${index}`, marked: !honest }));
  const row = (i: number): { label: string; marked: boolean } => rows[i] ?? { label: "", marked: false };
  const weights = peers.map((peer, i) => ({ ...row(i), ...(mergesOf(peer) > 0 && { value: peer.meanWeight }) }));
  const scores = peers.map(({ honest, accuracy }, i) => ({
    ...row(i),
    ...(honest && isNumber(accuracy) && { value: accuracy }),
  }));
  const name = SCORE_NAMES[metric];
  return [
    {
      svg: barChart({
        title: "What became of each peer's models",
        x: "peer",
        y: SHARES,
        parts: statuses,
        bars: peers.map((peer, i) => ({ ...row(i), values: sharesOf([peer], statuses) })),
        horizontal: true,
      }),
      caption: `In merges of honest peers. ${STATUSES_EXPLAINED}`,
    },
    {
      svg: dotChart({
        title: "Mean weight of each peer's models",
        x: { label: "weight in a merge", zero: true },
        rows: weights,
      }),
      caption: "Over the same merges. A peer that nobody merged has no dot.",
    },
    {
      svg: dotChart({
        title: `Final ${name} of the honest peers`,
        x: { label: name, percent: metric === "accuracy" },
        rows: scores,
        reference: mean,
      }),
      caption:
        "Dashed: their mean. Rows of liars are shaded, and empty here: what a liar can do itself does not count.",
    },
  ];
}

function crowdFigures(peers: readonly PeerRow[], statuses: readonly Key[], metric: Score): FigureItem[] {
  const honest = peers.filter((peer) => peer.honest);
  const liars = peers.filter((peer) => !peer.honest);
  const groups = [
    { label: `honest (${formatNumber(honest.length)})`, peers: honest, marked: false },
    { label: `liars (${formatNumber(liars.length)})`, peers: liars, marked: true },
  ].filter(({ peers }) => peers.length > 0);
  const weights = groups.map(({ label, peers }) => ({
    label,
    values: peers.filter((peer) => mergesOf(peer) > 0).map(({ meanWeight }) => meanWeight),
  }));
  const scores = honest.flatMap(({ accuracy }) => (isNumber(accuracy) ? [accuracy] : []));
  const name = SCORE_NAMES[metric];
  return [
    {
      svg: barChart({
        title: "What became of the peers' models",
        x: "peers",
        y: SHARES,
        parts: statuses,
        bars: groups.map(({ label, peers, marked }) => ({ label, marked, values: sharesOf(peers, statuses) })),
        horizontal: true,
      }),
      caption: `In merges of honest peers. ${STATUSES_EXPLAINED}`,
    },
    {
      svg: histogram({
        title: "Mean weight of a peer's models",
        x: { label: "weight in a merge", zero: true },
        groups: weights,
      }),
      caption: "Over the same merges, without peers that nobody merged.",
    },
    {
      svg: histogram({
        title: `Final ${name} of the honest peers`,
        x: { label: name, percent: metric === "accuracy" },
        groups: [{ label: "honest", values: scores }],
      }),
      caption: `${formatNumber(scores.length)} of ${formatNumber(honest.length)} honest peers were evaluated at the end.`,
    },
  ];
}

const STATUSES_EXPLAINED =
  "Clipped: pulled nearer before it counted. Duplicate: the same model from another identity. Removed: left out by the rule.";

/** The statuses that occur; ones that this page does not know follow, by name. */
function statusesOf(peers: readonly PeerRow[]): Key[] {
  const seen = new Set(
    peers.flatMap(({ merges }) => Object.keys(merges).filter((status) => (merges[status] ?? 0) > 0)),
  );
  const known = Object.keys(STATUS_COLOURS).filter((status) => seen.has(status));
  const others = [...seen].filter((status) => !Object.hasOwn(STATUS_COLOURS, status)).sort();
  return [
    ...known.map((status) => ({ label: status, colour: STATUS_COLOURS[status] ?? MUTED })),
    ...others.map((label) => ({ label, colour: LIAR })),
  ];
}

/** Share of each status among the merges of these peers' models; NaN where there was none. */
function sharesOf(peers: readonly PeerRow[], statuses: readonly Key[]): number[] {
  const all = peers.reduce((sum, peer) => sum + mergesOf(peer), 0);
  return statuses.map(({ label }) => peers.reduce((sum, { merges }) => sum + (merges[label] ?? 0), 0) / all);
}

function mergesOf({ merges }: PeerRow): number {
  return Object.values(merges).reduce((sum, count) => sum + count, 0);
}
