/** The figures of a page as files of their own, for papers and slides: light, on white, with all that SVG needs outside of a page. */
import type { FigureItem } from "./page.ts";
import { standaloneSvg } from "./svg.ts";

/** Name -> text of each figure: `mean-accuracy-over-time.svg`. */
export function figureFiles(figures: readonly FigureItem[]): ReadonlyMap<string, string> {
  return new Map(figures.map(({ svg }) => [`${slug(titleIn(svg))}.svg`, standaloneSvg(svg)]));
}

function titleIn(svg: string): string {
  return /aria-label="([^"]*)"/.exec(svg)?.[1] ?? "figure";
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll("²", "2")
    .replace(/&#?[a-z0-9]+;/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
