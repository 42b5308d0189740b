/** Lines over time or bytes, and stacked bars: plain data in, one SVG text out (`drawFigure`). */
import * as Plot from "@observablehq/plot";
import { formatNumber, isNumber } from "../../protocol/base/figures.ts";
import { type Axis, type AxisType, createScale } from "./axes.ts";
import { INK, LIAR, MUTED, PAPER, seriesColour, seriesDash } from "./palette.ts";
import { drawFigure, type Figure, type Key, WIDTH } from "./svg.ts";
import { formatPercent, shorten } from "./text.ts";

/** Height of one row where peers or groups are listed from top to bottom: few are given air. */
const rowHeight = (rows: number): number => (rows <= 12 ? 21 : 13);
const PLOT_HEIGHT = 210;

export interface Series {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Shaded around the line: a spread over peers, or the 95 % interval over seeds. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[];
  /** Colour and dashes; left out: the place among the series. */
  readonly style?: number;
}

export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly xType?: AxisType;
  readonly yType?: AxisType;
  /** Lines that no legend names: many of one kind. */
  readonly crowd?: readonly Series["points"][];
}

/** A line for each series. What is not finite, or not positive on a logarithm, is a gap; a lone point is a dot. */
export function lineChart({ title, x, y, series, xType, yType, crowd = [] }: LineChart): string {
  const points = [...series.flatMap((one) => one.points), ...crowd.flat()];
  const bands = series.flatMap((one) => one.band ?? []);
  const xScale = createScale(
    x,
    points.map(([at]) => at),
    xType,
  );
  const yScale = createScale(y, [...points.map(([, value]) => value), ...bands.flatMap(([, ...ends]) => ends)], yType);
  const shown = ([at, ...values]: readonly number[]): boolean =>
    xScale.shows(at ?? Number.NaN) && values.every(yScale.shows);
  const marks: Plot.Markish[] = [];
  const keys: Key[] = [];
  for (const line of crowd)
    marks.push(Plot.lineY(line.filter(shown), { x: at(0), y: at(1), stroke: MUTED, strokeOpacity: 0.45 }));
  for (const [i, { label, points, band = [], style = i }] of series.entries()) {
    const colour = seriesColour(style);
    const dash = series.length > 1 ? seriesDash(style) : undefined;
    keys.push({ label, colour, dash: dash ?? "" });
    const area = band.filter(shown).map(([at, low, high]) => [at, yScale.clamp(low), yScale.clamp(high)] as const);
    if (area.length > 1)
      marks.push(Plot.areaY(area, { x: at(0), y1: at(1), y2: at(2), fill: colour, fillOpacity: 0.16 }));
    const drawn = points.filter(([at]) => xScale.shows(at));
    const line = drawn.map(([at, value]) => [at, yScale.shows(value) ? yScale.clamp(value) : Number.NaN] as const);
    const stroke = { stroke: colour, strokeWidth: 2, ...(dash && { strokeDasharray: dash }) };
    marks.push(Plot.lineY(line, { x: at(0), y: at(1), ...stroke }));
    const alone = line.filter(([, v], j) => isNumber(v) && !isNumber(line[j - 1]?.[1]) && !isNumber(line[j + 1]?.[1]));
    marks.push(Plot.dot(alone, { x: at(0), y: at(1), r: 3, fill: colour }));
  }
  return drawFigure({
    title,
    keys: series.length > 1 ? keys : [],
    yLabel: y.label,
    height: PLOT_HEIGHT,
    plot: {
      marginLeft: 52,
      marginRight: 16,
      marginBottom: 38,
      x: { ...xScale.options, labelAnchor: "center" },
      y: { ...yScale.options, label: null, grid: true },
      marks: [frame(), ...marks, ...(points.some(shown) ? [] : [nothing()])],
    },
  });
}

export interface BarChart {
  readonly title: string;
  /** Of the bars' names. */
  readonly x: string;
  /** Of their lengths. */
  readonly y: Axis;
  readonly bars: readonly {
    readonly label: string;
    /** One for each part. */
    readonly values: readonly number[];
    /** A liar. */
    readonly marked?: boolean;
  }[];
  /** Names and colours of the parts that are stacked; left out: bars of one part. */
  readonly parts?: readonly Key[];
  /** Lying bars, one under the other, for many or long names. */
  readonly horizontal?: boolean;
}

/** Bars, stacked from the first part on. */
export function barChart({
  title,
  x,
  y,
  bars,
  parts = [{ label: "", colour: seriesColour(0) }],
  horizontal = false,
}: BarChart): string {
  const stacked = stackOf(bars, parts, y);
  const scale = createScale(
    { zero: true, ...y },
    stacked.flatMap(({ low, high }) => [low, high]),
  );
  const keys = parts.length > 1 ? parts : [];
  const look = { fill: "colour", title: "title", stroke: PAPER, strokeWidth: 0.5 };
  if (horizontal) {
    const boxes = { y1: (d: { row: number }) => d.row - 0.45, y2: (d: { row: number }) => d.row + 0.45 };
    return drawRows({
      title,
      keys,
      x: scale.options,
      rows: bars,
      marks: [Plot.rect(stacked, { ...look, ...boxes, x1: "low", x2: "high" })],
    });
  }
  // Names that would run into each other are left out, evenly.
  const room = (WIDTH - 68) / Math.max(1, Math.max(...bars.map(({ label }) => label.length)) * 6.5 + 6);
  const every = Math.ceil(bars.length / Math.max(1, Math.floor(room)));
  const last = bars.length - 1;
  return drawFigure({
    title,
    keys,
    yLabel: y.label,
    height: PLOT_HEIGHT,
    plot: {
      marginLeft: 52,
      marginRight: 16,
      marginBottom: 38,
      x: {
        type: "band",
        domain: bars.map((_, row) => row),
        ticks: bars.map((_, row) => row).filter((row) => row === last || (row % every === 0 && row + every <= last)),
        tickFormat: (row: number) => shorten(bars[row]?.label ?? "", 40),
        tickSize: 0,
        label: x,
        labelAnchor: "center",
        labelArrow: "none",
        paddingInner: 0.15,
      },
      y: { ...scale.options, label: null, grid: true },
      marks: [
        Plot.rectY(stacked, { ...look, x: "row", y1: "low", y2: "high" }),
        Plot.ruleY([scale.domain[0]], { stroke: INK, strokeOpacity: 0.5 }),
        ...(stacked.length > 0 ? [] : [nothing()]),
      ],
    },
  });
}

/** The parts of all bars, each where those below it end. */
function stackOf(bars: BarChart["bars"], parts: readonly Key[], { percent }: BarChart["y"]) {
  return bars.flatMap(({ label, values }, row) => {
    let from = 0;
    return parts.flatMap((part, i) => {
      const value = values[i] ?? Number.NaN;
      if (!isNumber(value) || value === 0) return [];
      const text = percent ? formatPercent(value) : formatNumber(value);
      const title = [label, part.label, text].filter((word) => word !== "").join(", ");
      const low = from;
      from += value;
      return [{ row, low, high: from, colour: part.colour, title }];
    });
  });
}

export interface Row {
  readonly label: string;
  readonly marked?: boolean;
}

/** A figure with one row for each name, from top to bottom; the marks take the row's number as y. */
export function drawRows(
  figure: Pick<Figure, "title"> & {
    readonly keys?: readonly Key[];
    readonly x: Plot.ScaleOptions;
    readonly rows: readonly Row[];
    readonly marks: readonly Plot.Markish[];
  },
): string {
  const { title, keys = [], x, rows, marks } = figure;
  const names = rows.map(({ label, marked = false }, row) => ({ row, label: shorten(label, 28), marked }));
  const longest = names.reduce((most, { label }) => Math.max(most, [...label].length), 3);
  const liars = names.filter(({ marked }) => marked);
  const name = {
    y: "row",
    text: "label",
    frameAnchor: "left" as const,
    textAnchor: "end" as const,
    dx: -6,
    fontSize: 10,
  };
  return drawFigure({
    title,
    keys,
    height: Math.max(2, rows.length) * rowHeight(rows.length) + 38,
    plot: {
      marginLeft: Math.round(14 + longest * 6),
      marginRight: 16,
      marginBottom: 38,
      x: { ...x, grid: true, labelAnchor: "center" },
      y: { type: "linear", domain: [Math.max(2, rows.length) - 0.5, -0.5], axis: null },
      marks: [
        Plot.rect(liars, {
          y1: (d: Placed) => d.row - 0.5,
          y2: (d: Placed) => d.row + 0.5,
          fill: MUTED,
          fillOpacity: 0.18,
        }),
        ...marks,
        Plot.text(
          names.filter(({ marked }) => !marked),
          { ...name, fill: INK },
        ),
        Plot.text(liars, { ...name, fill: LIAR, fontWeight: 700 }),
        ...(rows.length > 0 ? [] : [nothing()]),
      ],
    },
  });
}

interface Placed {
  readonly row: number;
}

export function frame(): Plot.Markish {
  return Plot.frame({ stroke: INK, strokeOpacity: 0.25 });
}

/** In place of what could not be drawn. */
export function nothing(): Plot.Markish {
  return Plot.text(["nothing was measured"], { frameAnchor: "middle", fill: MUTED, fontSize: 12 });
}

function at(index: number): (row: readonly number[]) => number {
  return (row) => row[index] ?? Number.NaN;
}
