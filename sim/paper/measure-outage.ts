/** Peers that are cut off for a while: how far the models lie apart after it, against the same run without the cut. */
import { exp, log } from "../../protocol/base/exp-log.ts";
import { formatNumber, mean } from "../../protocol/base/figures.ts";
import { meanInterval } from "../report/statistics.ts";
import type { Point } from "../run/report.ts";
import { type Cell, missingOf, missingText, type SweepCells } from "./cells.ts";
import { partitionSeconds, unscoredCaption } from "./names.ts";
import type { Section } from "./section.ts";

/** Virtual seconds after the cut is mended, from and to. */
const WINDOWS = [
  [0, 5],
  [5, 10],
  [10, 20],
  [20, 30],
  [30, 60],
] as const;

export function outageSection(sweep: SweepCells): Section {
  const { cells } = sweep;
  const whole = cells.find((cell) => partitionOf(cell) === undefined);
  const cuts = cells.filter((cell) => partitionOf(cell) !== undefined);
  const [first] = cuts;
  const [from, to] = first ? partitionSeconds(first.scenario) : [0, 0];
  return {
    title: "Cut off for a minute",
    caption:
      `A part of the network without a link to the rest from ${from} to ${to} virtual seconds. How many times as far the models lie apart as in the run of the same seed without the cut ` +
      `(disagreement: mean distance of a peer's model from the mean of all; its mean over these seconds; geometric mean over seeds, and its 95 % interval). ${unscoredCaption(sweep)}.`,
    table: {
      head: ["cut off", ...WINDOWS.map(([begin, end]) => `${begin} to ${end} s after`)],
      rows: cuts.map((cell) => [
        partitionOf(cell)?.by === "one" ? "one peer" : "half of the peers",
        ...WINDOWS.map(([begin, end]) => ratioText(cell, whole, to + begin, to + end)),
      ]),
    },
    figures: [],
  };
}

const partitionOf = ({ scenario }: Cell) => scenario.network.partitions[0];

/** `1.07 (0.95 to 1.21)` */
function ratioText(cell: Cell, whole: Cell | undefined, from: number, to: number): string {
  if (whole === undefined || missingOf(cell) > 0 || missingOf(whole) > 0) return missingText(cell);
  const logs = cell.outcomes.flatMap(({ series, summary }) => {
    const other = whole.outcomes.find((one) => one.summary.seed === summary.seed);
    return other === undefined ? [] : [log(apart(series, from, to) / apart(other.series, from, to))];
  });
  const interval = meanInterval(logs);
  if (interval === undefined) return "–";
  const { mean: centre, half = 0 } = interval;
  const [middle, low, high] = [centre, centre - half, centre + half].map((value) => formatNumber(exp(value), 3));
  return `${middle} (${low} to ${high})`;
}

/** Mean disagreement between two times. */
function apart(series: readonly Point[], from: number, to: number): number {
  return mean(series.filter(({ seconds }) => seconds >= from && seconds < to).map(({ disagreement }) => disagreement));
}
