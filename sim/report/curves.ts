/** What the pages of one run and of several have in common: which figure of a run is drawn how. */

import { byteUnit, isNumber } from "../../protocol/base/figures.ts";
import type { Point } from "../run/report.ts";
import type { Score } from "../run/score.ts";
import { type Axis, axisTypeOf, most } from "./axes.ts";
import { lineChart, type Series } from "./plots.ts";

/** Below this R² is drawn at the rim: a model that knows nothing has 0, and one that was never trained far less. */
const LEAST_R2 = -0.5;

export const SECONDS: Axis = { label: "virtual seconds" };

/** An accuracy from 0 to 100 %, so that two reports can be laid side by side. */
export function scoreAxis(metric: Score): Axis {
  if (metric === "accuracy") return { label: "accuracy", percent: true, domain: [0, 1] };
  return { label: "R²", domain: [LEAST_R2, 1] };
}

/** For the caption of such an axis. */
export function rimNote(metric: Score): string {
  return metric === "r2" ? ` R² below ${LEAST_R2} is drawn at the rim.` : "";
}

/** One figure of every point, over time. */
export function overTime(series: readonly Point[], value: (point: Point) => number | undefined): [number, number][] {
  return series.map((point) => [point.seconds, value(point) ?? Number.NaN]);
}

/** A line over bytes instead of seconds; bytes in the unit that suits the most of them. */
export function bytesChart(title: string, y: Axis, series: readonly Series[]): string {
  const bytes = series.flatMap(({ points }) => points.map(([x]) => x));
  const unit = byteUnit(most([0, ...bytes.filter(isNumber)]));
  const scaled = series.map(({ points, band = [], ...rest }) => ({
    ...rest,
    points: points.map(([x, value]) => [x / unit.bytes, value] as const),
    band: band.map(([x, low, high]) => [x / unit.bytes, low, high] as const),
  }));
  const x = { label: `sent per honest peer (${unit.name})` };
  return lineChart({ title, x, y, series: scaled, xType: axisTypeOf(bytes) });
}

/** A figure that is 0 at best: on a logarithm where it falls by more than a magnitude. */
export function lossChart(title: string, label: string, series: readonly Series[]): string {
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  const yType = axisTypeOf(values);
  return lineChart({ title, x: SECONDS, y: { label, zero: true }, series, yType });
}

/** The line of the signatures in every header. */
export function signaturesText(real: boolean): string {
  return real ? "real: Ed25519, made and checked" : "simulated: switched off by the scenario";
}
