/** Tables coloured by their values, e.g. an accuracy for each attack and rule. */
import * as Plot from "@observablehq/plot";
import { formatNumber, isNumber } from "../../protocol/base/figures.ts";
import { least, most } from "./axes.ts";
import { INK } from "./palette.ts";
import { drawFigure, WIDTH } from "./svg.ts";
import { shorten } from "./text.ts";

export interface HeatTable {
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row by row; null: not measured. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Left out: as a plain number. */
  readonly format?: (value: number) => string;
  /** Values at the ends of the colours; left out: the least and the most. */
  readonly domain?: readonly [low: number, high: number];
}

/** Cividis: as light in grey as in colour, and the same to colour-blind readers (Nuñez, Anderton & Renslow, 2018). */
const LOW = [0, 34, 78] as const;
const MIDDLE = [124, 123, 120] as const;
const HIGH = [254, 232, 56] as const;

/** A table whose cells are coloured by their values: dark is low, yellow is high. */
export function heatTable({ title, rows, columns, values, format = formatNumber, domain }: HeatTable): string {
  const known = values.flat().filter(isNumber);
  const [low, high] = domain ?? (known.length > 0 ? [least(known), most(known)] : [0, 1]);
  const cells = values.flatMap((line, row) =>
    line.map((value, column) => {
      if (!isNumber(value)) return { row, column, colour: "none", ink: INK, text: "–" };
      const place = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 1;
      return { row, column, colour: cividis(place), ink: place > 0.55 ? "#000000" : "#ffffff", text: format(value) };
    }),
  );
  const longest = Math.max(4, ...rows.map((label) => Math.min(40, [...label].length)));
  const heading = Math.max(...columns.map((label) => [...label].length), ...cells.map(({ text }) => text.length), 4);
  const left = Math.round(12 + longest * 6);
  const cell = Math.max(44, Math.round(10 + Math.min(24, heading) * 6.2));
  return drawFigure({
    title,
    width: Math.max(WIDTH, left + columns.length * cell + 4),
    headroom: 28,
    height: rows.length * 22 + 8,
    plot: {
      marginLeft: left,
      marginRight: Math.max(4, WIDTH - left - columns.length * cell),
      marginBottom: 8,
      x: { type: "band", domain: columns.map((_, i) => i), axis: null, padding: 0.03 },
      y: { type: "band", domain: rows.map((_, i) => i), axis: null, padding: 0.08 },
      marks: [
        Plot.cell(cells, { x: "column", y: "row", fill: "colour", rx: 2 }),
        Plot.text(cells, {
          x: "column",
          y: "row",
          text: "text",
          fill: "ink",
          fontSize: 11,
          fontVariant: "tabular-nums",
        }),
        Plot.text(rows, { y: (_: string, i: number) => i, text: (label: string) => shorten(label, 40), ...rowName }),
        Plot.text(columns, {
          x: (_: string, i: number) => i,
          text: (label: string) => shorten(label, 24),
          ...columnName,
        }),
      ],
    },
  });
}

const rowName = { frameAnchor: "left", textAnchor: "end", dx: -6, fill: INK, fontSize: 11 } as const;
const columnName = { frameAnchor: "top", dy: -10, fill: INK, fontSize: 11 } as const;

function cividis(place: number): string {
  const [from, to, share] = place < 0.5 ? [LOW, MIDDLE, place * 2] : [MIDDLE, HIGH, place * 2 - 1];
  return `rgb(${from.map((value, i) => Math.round(value + share * ((to[i] ?? 0) - value))).join(",")})`;
}
