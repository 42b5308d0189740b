/** One value of each peer or group: a dot in a row of its own for few, a histogram for many. */
import * as Plot from "@observablehq/plot";
import { formatNumber, isNumber } from "../../protocol/base/figures.ts";
import { type Axis, createScale } from "./axes.ts";
import { INK, MUTED, PAPER, seriesColour } from "./palette.ts";
import { drawRows, frame, nothing, type Row } from "./plots.ts";
import { drawFigure } from "./svg.ts";
import { formatPercent } from "./text.ts";

export interface DotChart {
  readonly title: string;
  readonly x: Axis;
  readonly rows: readonly (Row & {
    /** Left out: an empty row. */
    readonly value?: number;
    /** A whisker, e.g. a confidence interval. */
    readonly interval?: readonly [low: number, high: number];
  })[];
  /** A dashed line across all rows, e.g. their mean. */
  readonly reference?: number;
}

export function dotChart({ title, x, rows, reference }: DotChart): string {
  const placed = rows.flatMap(({ label, value, interval, marked }, row) => {
    if (!isNumber(value)) return [];
    const [low, high] = interval?.every(isNumber) ? interval : [value, value];
    const text = x.percent ? formatPercent(value) : formatNumber(value);
    return [{ row, value, low, high, colour: seriesColour(marked ? 1 : 0), title: `${label}: ${text}` }];
  });
  const scale = createScale(
    x,
    placed.flatMap(({ value, low, high }) => [value, low, high]),
  );
  const spot = { x: (d: { value: number }) => scale.clamp(d.value), y: "row" };
  const ends = {
    x1: (d: { low: number }) => scale.clamp(d.low),
    x2: (d: { high: number }) => scale.clamp(d.high),
    y: "row",
  };
  return drawRows({
    title,
    x: scale.options,
    rows,
    marks: [
      frame(),
      ...(isNumber(reference) ? [Plot.ruleX([scale.clamp(reference)], { stroke: MUTED, strokeDasharray: "4 3" })] : []),
      Plot.ruleY(placed, { ...ends, stroke: "colour", strokeWidth: 2 }),
      Plot.dot(placed, { ...spot, r: 3.5, fill: "colour", stroke: PAPER, strokeWidth: 0.75, title: "title" }),
    ],
  });
}

export interface Histogram {
  readonly title: string;
  readonly x: Axis;
  /** Each adds up to 100 %; their bars stand side by side. */
  readonly groups: readonly { readonly label: string; readonly values: readonly number[] }[];
}

const BINS = 20;

export function histogram({ title, x, groups }: Histogram): string {
  const scale = createScale(
    x,
    groups.flatMap(({ values }) => values),
  );
  const [low, high] = scale.domain;
  const width = (high - low) / BINS;
  const bars = groups.flatMap(({ label, values }, group) => {
    const known = values.filter(isNumber);
    const counts = new Array<number>(BINS).fill(0);
    for (const value of known) {
      const bin = Math.min(BINS - 1, Math.max(0, Math.floor((value - low) / width)));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts.flatMap((count, bin) => {
      if (count === 0) return [];
      const from = low + (bin + 0.06 + (0.88 * group) / groups.length) * width;
      const to = from + (0.88 * width) / groups.length;
      const title = `${label}: ${count} of ${known.length}`;
      return [{ from, to, share: count / known.length, colour: seriesColour(group), title }];
    });
  });
  const shares = createScale(
    { label: "share of peers", percent: true, zero: true },
    bars.map(({ share }) => share),
  );
  return drawFigure({
    title,
    keys: groups.length > 1 ? groups.map(({ label }, i) => ({ label, colour: seriesColour(i) })) : [],
    yLabel: "share of peers",
    height: 210,
    plot: {
      marginLeft: 52,
      marginRight: 16,
      marginBottom: 38,
      x: { ...scale.options, labelAnchor: "center" },
      y: { ...shares.options, label: null, grid: true },
      marks: [
        Plot.rect(bars, { x1: "from", x2: "to", y1: 0, y2: "share", fill: "colour", title: "title" }),
        Plot.ruleY([0], { stroke: INK, strokeOpacity: 0.5 }),
        ...(bars.length > 0 ? [] : [nothing()]),
      ],
    },
  });
}
