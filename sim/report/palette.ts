/**
 * Colours of the figures: Okabe & Ito, "Color Universal Design" (2008), told apart by colour-blind readers; lines also differ in
 * their dashes, for grey paper. A colour is `var(--name, #light)`: the page redefines the names for dark screens, and
 * `standaloneSvg` puts the light value in its place.
 */

/** Text and axes; follows the page. */
export const INK = "currentColor";
/** The ground under a figure: rims of dots and gaps between parts of a bar. */
export const PAPER: string = colour("paper", "#ffffff");
/** Mark of a liar. */
export const LIAR: string = colour("s1", "#d55e00");
/** For what does not matter much: rows of liars, references, parts that were left out. */
export const MUTED: string = colour("muted", "#8a9099");

/** [light, dark] of each series. The order differs for contrast: blue is faint on black, and yellow on white. */
const SERIES: readonly (readonly [light: string, dark: string])[] = [
  ["#0072b2", "#56b4e9"],
  ["#d55e00", "#e8702a"],
  ["#009e73", "#00b888"],
  ["#b8568f", "#cc79a7"],
  ["#e69f00", "#e69f00"],
  ["#56b4e9", "#f0e442"],
  ["#000000", "#ffffff"],
];
const DASHES: readonly (string | undefined)[] = [undefined, "6 3", "2 3", "9 3 2 3", "12 4", "4 2"];

/** Colour of the i-th series; from the eighth on they repeat, with other dashes. */
export function seriesColour(index: number): string {
  const place = index % SERIES.length;
  return colour(`s${place}`, SERIES[place]?.[0] ?? "#000000");
}

/** `stroke-dasharray` of the i-th series; undefined: solid. */
export function seriesDash(index: number): string | undefined {
  return DASHES[index % DASHES.length];
}

/** What became of a peer's model in a merge, in the order of the stack. */
export const STATUS_COLOURS: Readonly<Record<string, string>> = {
  used: seriesColour(0),
  clipped: seriesColour(4),
  duplicate: seriesColour(3),
  removed: MUTED,
  invalid: seriesColour(6),
};

/** Declarations that redefine the names on dark screens. */
export function darkDeclarations(): string {
  const series = SERIES.map(([, dark], i) => `--s${i}:${dark}`);
  return ["--paper:#14171b", "--muted:#7d858f", ...series].join(";");
}

function colour(name: string, light: string): string {
  return `var(--${name}, ${light})`;
}
