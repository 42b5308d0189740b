/** Figures that are read off the series of runs: curves over seeds, when a target is reached, what some bytes buy. */

import { formatNumber } from "../../protocol/base/figures.ts";
import type { Series } from "../report/plots.ts";
import { meanCurve, meanInterval } from "../report/statistics.ts";
import type { Point } from "../run/report.ts";
import { type Cell, missingOf, missingText, type Outcome } from "./cells.ts";
import { seedsText } from "./intervals.ts";

export type FigureOf = (point: Point) => number;

export const secondsOf: FigureOf = ({ seconds }) => seconds;
export const cyclesOf: FigureOf = ({ cycles }) => cycles;
export const bytesOf: FigureOf = ({ bytesPerPeer }) => bytesPerPeer;
export const accuracyOf: FigureOf = ({ accuracy }) => accuracy.mean;
export const disagreementOf: FigureOf = ({ disagreement }) => disagreement;

/** Mean over seeds, with a band from the least to the most; nothing while runs are missing. */
export function lineOf(label: string, cell: Cell | undefined, x: FigureOf, y: FigureOf, style?: number): Series[] {
  if (cell === undefined || missingOf(cell) > 0) return [];
  const curves = cell.outcomes.map(({ series }) => series.map((point) => [x(point), y(point)] as const));
  return [{ label, ...meanCurve(curves), ...(style !== undefined && { style }) }];
}

/** `x` where `y` first is `target` or more, on straight lines between points; undefined where it never is. */
export function reachedAt(
  series: readonly Point[],
  target: number,
  x: FigureOf,
  y: FigureOf = accuracyOf,
): number | undefined {
  const next = series.findIndex((point) => y(point) >= target);
  const [before, after] = [series[next - 1], series[next]];
  if (after === undefined) return undefined;
  if (before === undefined) return x(after);
  return x(before) + ((x(after) - x(before)) * (target - y(before))) / (y(after) - y(before));
}

/** `y` where `x` is `place`, on straight lines between points; undefined outside of the series. */
export function valueAt(series: readonly Point[], place: number, x: FigureOf, y: FigureOf): number | undefined {
  const next = series.findIndex((point) => x(point) >= place);
  const [before, after] = [series[next - 1], series[next]];
  if (after === undefined) return undefined;
  if (before === undefined || x(after) === x(before)) return x(after) === place ? y(after) : undefined;
  return y(before) + ((y(after) - y(before)) * (place - x(before))) / (x(after) - x(before));
}

/**
 * `93.1 ± 0.4`: mean and 95 % interval of a figure over the seeds of a cell. Where only some seeds have it, how many; where none has,
 * a dash; while runs are missing, their number.
 */
export function overSeeds(
  cell: Cell | undefined,
  figure: (series: readonly Point[], outcome: Outcome) => number | undefined,
  format: (value: number) => string = (value) => formatNumber(value, 3),
): string {
  if (cell === undefined || missingOf(cell) > 0) return missingText(cell);
  const values = cell.outcomes.map((outcome) => figure(outcome.series, outcome));
  const interval = meanInterval(values);
  if (interval === undefined) return "–";
  const spread = interval.half === undefined ? "" : ` ± ${format(interval.half)}`;
  return `${format(interval.mean)}${spread}${seedsText(interval, values.length)}`;
}

export function percentText(share: number): string {
  return (100 * share).toFixed(1);
}
