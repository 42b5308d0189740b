/** Whom peers ask first: what policies of drawing make of accuracy and fairness, with and without liars that want to be asked. */
import { textOf } from "../compare/sweep.ts";
import { meanInterval } from "../report/statistics.ts";
import type { Fairness } from "../run/report.ts";
import { optionsOf, type Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, missingText, type SweepCells } from "./cells.ts";
import { type Grid, gridOf, gridSection } from "./grid.ts";
import { endText, intervalText } from "./intervals.ts";
import { aggregationOf, attackName, captionOf, partitionName, unscoredCaption } from "./names.ts";
import type { Section } from "./section.ts";

const FIGURES: readonly {
  readonly title: string;
  readonly says: string;
  readonly of: (fairness: Fairness) => number | undefined;
}[] = [
  {
    title: "honest models in merges",
    says: "Share of the models in merges of honest peers that honest peers made, in percent",
    of: ({ honestShare }) => honestShare,
  },
  {
    title: "Jain's index",
    says: "Jain's index of how often each honest peer is heard, in percent: 100 where all are heard alike",
    of: ({ jain }) => jain,
  },
  {
    title: "what rare data move",
    says: "Influence of the tenth of the honest peers whose labels the others have least, of that of the other honest peers, in percent: 100 where rare data count as much",
    of: ({ rare }) => rare,
  },
];

function figureText(of: (fairness: Fairness) => number | undefined): (cell?: Cell) => string {
  return (cell) => {
    if (cell === undefined || missingOf(cell) > 0) return missingText(cell);
    const values = cell.outcomes.map(({ summary: { fairness } }) => fairness && of(fairness));
    const interval = meanInterval(values);
    return interval === undefined ? "–" : intervalText(interval);
  };
}

/** A table of accuracy, and one of each figure of fairness. */
function tablesOf(name: string, sweep: SweepCells, head: string, grid: Grid): Section[] {
  return [
    gridSection(
      {
        title: `${name}: accuracy`,
        caption: `Accuracy in percent at the end, mean / worst honest peer: mean over seeds ± 95 % interval. ${captionOf(sweep)}.`,
        head,
      },
      grid,
      endText,
    ),
    ...FIGURES.map(({ title, says, of }) =>
      gridSection(
        { title: `${name}: ${title}`, caption: `${says}. ${unscoredCaption(sweep)}.`, head },
        grid,
        figureText(of),
      ),
    ),
  ];
}

const liesIn = (scenario: Scenario): string =>
  scenario.attack === undefined ? "none" : `${attackName(scenario)}, ${100 * scenario.attack.share} %`;

function policyOf({ algorithm }: Scenario): string {
  if (algorithm.kind !== "hearsay") return algorithm.kind === "local" ? "alone" : algorithm.kind;
  const { select = "random", ...options } = optionsOf(algorithm);
  const named = Object.entries(options).map(([name, value]) => `${name} ${textOf(value)}`);
  return [String(select), ...named].join(", ");
}

/** Policies beside one another, a row for each attack. */
export function policySections(sweep: SweepCells, title: string): Section[] {
  return tablesOf(title, sweep, "attack", gridOf(sweep, liesIn, policyOf));
}

/** What lets rare data move more, and what that costs: rules beside one another, a row for each split of the data and attack. */
export function rareSections(sweep: SweepCells, title: string): Section[] {
  const placeOf = (scenario: Scenario) =>
    `${scenario.partition === "owner" ? "one digit alone" : partitionName(scenario.partition)}, ${liesIn(scenario)}`;
  const grid = gridOf(sweep, placeOf, (scenario) => aggregationOf(scenario).rule);
  const head = "data, attack";
  const caption =
    "Share of right answers in the class that a model guesses worst, in percent at the end, mean / worst honest peer: mean over seeds ± 95 % interval. " +
    `In one digit alone that class is the nines. ${captionOf(sweep)}.`;
  const recall = gridSection({ title: `${title}: the worst class`, caption, head }, grid, worstClassText);
  return [...tablesOf(title, sweep, head, grid), recall];
}

function worstClassText(cell?: Cell): string {
  if (cell === undefined || missingOf(cell) > 0) return missingText(cell);
  const spreads = cell.outcomes.map(({ summary: { final } }) => final.metrics?.worstClass);
  const [mean, worst] = [spreads.map((one) => one?.mean), spreads.map((one) => one?.worst)].map(meanInterval);
  return mean === undefined || worst === undefined ? "–" : `${intervalText(mean)} / ${intervalText(worst)}`;
}
