/** What each site of a recipe gains by the network: its figure when it learns alone, together with the others, and when all data lie in one place. */
import { type Interval, meanInterval } from "../report/statistics.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, missingText, type Outcome, type SweepCells } from "./cells.ts";
import { intervalText, isAboveZero, pairedDifference } from "./intervals.ts";
import { captionOf, isRegression, personalMethod } from "./names.ts";
import type { Section } from "./section.ts";

/** A column of the table. */
interface Way {
  readonly name: string;
  readonly cell: Cell;
}

/** Alone, the network's ways, and pooled, in this order. */
function waysOf(cells: readonly Cell[]): Way[] {
  const named = (kind: string, name: (scenario: Scenario) => string) =>
    cells
      .filter(({ scenario }) => scenario.algorithm.kind === kind)
      .map((cell) => ({ name: name(cell.scenario), cell }));
  return [
    ...named("local", () => "alone"),
    ...named("hearsay", (scenario) => {
      const method = personalMethod(scenario);
      return method === undefined ? "network" : `network, ${method}`;
    }),
    ...named("centralised", () => "pooled"),
  ];
}

/** What a site is judged by. */
interface Judged {
  readonly name: string;
  /** Of one site, by its number in the scenario. */
  site(outcome: Outcome, index: number): number;
  of(outcome: Outcome, statistic: "mean" | "worst"): number;
  readonly isLess: boolean;
  readonly text: (interval: Interval) => string;
}

const ACCURACY: Judged = {
  name: "Accuracy in percent",
  site: ({ peers }, index) => peers.find((peer) => peer.index === index)?.accuracy ?? Number.NaN,
  of: ({ summary }, statistic) => summary.final.accuracy[statistic],
  isLess: false,
  text: intervalText,
};

/** Not R2, which has no bottom where the held-out rows of a site are alike. */
const ERROR: Judged = {
  name: "Root of the mean squared error, in the units of the data (less is better; *over alone*: how much less)",
  site: ({ peers }, index) => peers.find((peer) => peer.index === index)?.metrics?.rmse ?? Number.NaN,
  of: ({ summary }, statistic) => summary.final.metrics?.rmse?.[statistic] ?? Number.NaN,
  isLess: true,
  text: ({ mean, half }) => [mean, ...(half === undefined ? [] : [half])].map((x) => x.toFixed(3)).join(" ± "),
};

export function recipeSection(sweep: SweepCells, title: string): Section {
  const judged = isRegression(sweep.cells) ? ERROR : ACCURACY;
  const ways = waysOf(sweep.cells);
  const alone = ways.find(({ name }) => name === "alone")?.cell;
  const networks = ways.filter(({ cell }) => cell.scenario.algorithm.kind === "hearsay");
  const row = (name: string, of: FigureOf) => [
    name,
    ...ways.map(({ cell }) => figureText(cell, judged, of)),
    ...networks.map(({ cell }) => textOr(gain(cell, alone, judged, of), judged)),
  ];
  const worst: FigureOf = (outcome) => judged.of(outcome, "worst");
  return {
    title,
    caption:
      `${judged.name} at the end, of each site on held-out rows of its own; mean ± 95 % interval over seeds. ` +
      `*Alone*: a site trains on its own rows, as often. *Pooled*: one trainer has all rows in one place. Differences are paired by seed. ${captionOf(sweep)}.`,
    table: {
      head: ["site", ...ways.map(({ name }) => name), ...networks.map(({ name }) => `${name}, over alone`)],
      rows: [
        ...sitesOf(ways).map(({ index, name }) => row(name, (outcome) => judged.site(outcome, index))),
        row("mean", (outcome) => judged.of(outcome, "mean")),
        row("**worst**", worst),
      ],
    },
    figures: [],
    notes: networks.map(({ name, cell }) => verdict(name, gain(cell, alone, judged, worst), judged)).join(" "),
  };
}

type FigureOf = (outcome: Outcome) => number;

/** In the order of the scenario; by the names of their owners, where each has one. */
function sitesOf(ways: readonly Way[]): { readonly index: number; readonly name: string }[] {
  const peers = ways.flatMap(({ cell }) => cell.outcomes)[0]?.peers ?? [];
  return peers.map(({ index, site }) => ({ index, name: site ?? `site ${index + 1}` }));
}

function figureText(cell: Cell, judged: Judged, of: FigureOf): string {
  return missingOf(cell) > 0 ? missingText(cell) : textOr(meanInterval(cell.outcomes.map(of)), judged);
}

function textOr(interval: Interval | undefined, { text }: Judged): string {
  return interval === undefined ? "–" : text(interval);
}

/** How much better than alone, by seed; undefined while runs are missing. */
function gain(cell: Cell, alone: Cell | undefined, { isLess }: Judged, of: FigureOf): Interval | undefined {
  return isLess ? pairedDifference(alone, cell, of) : pairedDifference(cell, alone, of);
}

/** The sentence of a recipe: whether the worst site is better off than alone, and whether chance could have done it. */
function verdict(name: string, gained: Interval | undefined, { text }: Judged): string {
  if (gained === undefined) return "";
  const said = `${text(gained)} at the worst site`;
  if (isAboveZero(gained)) return `The ${name} beats alone: ${said}.`;
  return isAboveZero({ ...gained, mean: -gained.mean })
    ? `The ${name} is worse than alone: ${said}.`
    : `The ${name} and alone cannot be told apart by these seeds: ${said}.`;
}
