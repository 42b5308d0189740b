/**
 * One figure as an SVG text: Observable Plot draws into linkedom's document, and this file writes the nodes out.
 *
 * They are written here and not by linkedom because the text must be valid in HTML and in XML (linkedom leaves `<` in attributes), the
 * same on every call (Plot numbers its clip paths from a global counter, so marks that need an id are refused), free of style sheets
 * (GitHub drops them), and small (coordinates get two decimals). Plot's own legends and titles are HTML; ours are part of the figure.
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { INK } from "./palette.ts";
import { escapeText, shorten } from "./text.ts";

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
/** Drawn this wide and scaled to its place: about a phone's width, so that text stays readable there. */
export const WIDTH = 400;
const LEGEND_ROW = 17;
/** Estimated width of a character of the legend; nobody measures text here. */
const CHARACTER = 6.1;

export interface Key {
  readonly label: string;
  readonly colour: string;
  /** A line with these dashes, or a box where left out; "": a solid line. */
  readonly dash?: string;
}

export interface Figure {
  readonly title: string;
  readonly keys?: readonly Key[];
  readonly width?: number;
  /** Above the vertical axis; Plot would put it into the title. */
  readonly yLabel?: string;
  /** Of what is below title and legend. */
  readonly height: number;
  /** Margins but the top, axes and marks; see Plot's documentation. */
  readonly plot: Plot.PlotOptions;
}

/** The part of linkedom's nodes that is used. */
interface Node {
  readonly nodeType: number;
  readonly localName: string;
  readonly textContent: string | null;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  readonly childNodes: Iterable<Node>;
}

const { document } = parseHTML("<!doctype html><html><body></body></html>");
const GEOMETRY = new Set("d x y x1 x2 y1 y2 cx cy r dx dy width height transform".split(" "));
const DROPPED = /^(class|aria-.*|viewBox|xmlns.*)$/;

/** @throws Error where a mark needs an id. */
export function drawFigure(figure: Figure): string {
  const { title, keys = [], yLabel = "", width = WIDTH, height, plot } = figure;
  const { rows, markup: legend } = layLegend(keys, width);
  const headroom = yLabel === "" ? 12 : 28;
  const top = 16 + headroom + rows * LEGEND_ROW;
  const total = top + height;
  const drawn = Plot.plot({ ...plot, document, width, height: total, marginTop: top } as Plot.PlotOptions);
  const body = [...(drawn as unknown as Node).childNodes].map(write).join("");
  const name = escapeText(title);
  const unit = yLabel && `<text x="4" y="${top - 12}" text-anchor="start">${escapeText(shorten(yLabel, 60))}</text>`;
  return (
    `<svg viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" role="img" aria-label="${name}" ` +
    `fill="${INK}" font-family="${escapeText(FONT)}" font-size="10.5" text-anchor="middle">` +
    `<text x="4" y="15" font-size="13.5" font-weight="600" text-anchor="start">${escapeText(shorten(title, 56))}</text>` +
    `${legend}${unit}${body}</svg>`
  );
}

/**
 * The same figure as a file of its own, for pages that embed it as an image: light colours in place of the page's, on white.
 * @param svg of a function of this folder
 */
export function standaloneSvg(svg: string): string {
  // Attributes cannot hold a quote or an angle bracket of a user's text: escapeText saw to it.
  return `${svg
    .replaceAll(`="${INK}"`, '="#1b1f24"')
    .replace(/="var\(--\w+, (#[0-9a-f]{6})\)"/g, '="$1"')
    .replace(
      /^<svg viewBox="0 0 (\d+) (\d+)"[^>]*>/,
      (open, width, height) =>
        `${open.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"')}<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    )}\n`;
}

/** Keys in rows under the title, from the left. */
function layLegend(keys: readonly Key[], width: number): { rows: number; markup: string } {
  let x = 4;
  let rows = keys.length > 0 ? 1 : 0;
  const parts = keys.map(({ label, colour, dash }) => {
    const text = shorten(label, Math.floor((width - 40) / CHARACTER));
    const space = (dash === undefined ? 26 : 38) + [...text].length * CHARACTER;
    if (x > 4 && x + space > width) {
      x = 4;
      rows++;
    }
    const y = 16 + rows * LEGEND_ROW;
    const sign =
      dash === undefined
        ? `<rect x="${x}" y="${y - 9}" width="10" height="10" rx="2" fill="${colour}"/>`
        : `<path d="M${x},${y - 4}h20" stroke="${colour}" stroke-width="2.2"${dash && ` stroke-dasharray="${dash}"`}/>`;
    const at = x + (dash === undefined ? 14 : 25);
    x = Math.round((x + space) * 10) / 10;
    return `${sign}<text x="${at}" y="${y}" font-size="11" text-anchor="start">${escapeText(text)}</text>`;
  });
  return { rows, markup: parts.join("") };
}

function write(node: Node): string {
  if (node.nodeType === 3) return escapeText(node.textContent ?? "");
  // Ticks without a label are empty texts.
  if (node.nodeType !== 1 || node.localName === "style" || (node.localName === "text" && !node.textContent)) return "";
  let attributes = "";
  for (const { name, value } of node.attributes) {
    if (name === "id" || value.includes("url(#")) throw new Error(`a mark with an id (${value}) is not the same twice`);
    if (DROPPED.test(name)) continue;
    attributes += ` ${name}="${escapeText(GEOMETRY.has(name) ? roundAll(value) : value)}"`;
  }
  const children = [...node.childNodes].map(write).join("");
  // Groups whose marks were all left out.
  if (children === "" && node.localName === "g") return "";
  return children === ""
    ? `<${node.localName}${attributes}/>`
    : `<${node.localName}${attributes}>${children}</${node.localName}>`;
}

function roundAll(value: string): string {
  return value.replace(/-?\d*\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+/g, (number) =>
    String(Math.round(Number(number) * 100) / 100),
  );
}
