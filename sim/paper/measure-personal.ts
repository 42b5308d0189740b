/** Personal models beside the common one and training alone: mean and worst site, under lies, and at a site that has just begun to measure. */
import { isNumber, mean } from "../../protocol/base/figures.ts";
import { type Interval, meanInterval } from "../report/statistics.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, type Outcome } from "./cells.ts";
import { atTheEnd, endText, intervalText, type Scored } from "./intervals.ts";
import {
  attackName,
  captionOf,
  isRegression,
  missingText,
  partitionName,
  personalMethod,
  type SweepCells,
} from "./names.ts";
import type { Section } from "./section.ts";

/** The sweeps of the page, `measure-<name>.yaml`, each between marks of its name, and what their sections are called. */
export const PERSONAL_SWEEPS = {
  "personal-motes": "Four motes: temperature by humidity",
  "personal-stations": "Twenty stations: rides of a day",
  "personal-signs": "Twenty vehicles: traffic signs",
} as const;

/** A row of the table: who trained so, and which of its models is scored. */
interface Way {
  readonly name: string;
  readonly isOf: (scenario: Scenario) => boolean;
  readonly scored: Scored;
}

const tuned: Scored = ({ summary }) => summary.fineTuned?.accuracy;

function waysOf(cells: readonly Cell[]): Way[] {
  const isCommon = (scenario: Scenario) =>
    scenario.algorithm.kind === "hearsay" && personalMethod(scenario) === undefined;
  const methods = [...new Set(cells.flatMap(({ scenario }) => personalMethod(scenario) ?? []))];
  return [
    { name: "alone", isOf: ({ algorithm }) => algorithm.kind === "local", scored: atTheEnd },
    { name: "common model", isOf: isCommon, scored: atTheEnd },
    { name: "common model, then `hearsay personalise`", isOf: isCommon, scored: tuned },
    ...methods.map((method) => ({
      name: `\`${method}\``,
      isOf: (scenario: Scenario) => personalMethod(scenario) === method,
      scored: atTheEnd,
    })),
  ];
}

export function personalSection(sweep: SweepCells, title: string): Section {
  const { cells } = sweep;
  const ways = waysOf(cells);
  const lies = [
    ...new Set(cells.filter(({ scenario }) => scenario.attack).map(({ scenario }) => attackName(scenario))),
  ];
  const find = ({ isOf }: Way, attack: string, isScarce: boolean) =>
    cells.find(
      ({ scenario }) =>
        isOf(scenario) && attackName(scenario) === attack && (scenario.data.scarce !== undefined) === isScarce,
    );
  const [alone, common] = ways as [Way, Way];
  const rows = ways.map((way) => {
    const cell = find(way, "none", false);
    const over = (other: Way) =>
      way === other || cell === undefined
        ? ""
        : differenceText(cell, way.scored, find(other, "none", false), other.scored);
    return [
      way.name,
      endText(cell, way.scored),
      over(common),
      over(alone),
      ...lies.map((attack) => blankOr(find(way, attack, false), (there) => endText(there, way.scored))),
      blankOr(way.scored === tuned ? undefined : find(way, "none", true), newcomerText),
      ...errorTexts(cell, way),
    ];
  });
  const head = ["", "mean / worst site", "over the common model", "over alone", ...lies, "sites with 50 rows"];
  return {
    title,
    caption: captionText(sweep),
    table: { head: [...head, ...(isRegression(cells) ? ["error, mean / worst site"] : [])], rows },
    figures: [],
  };
}

function captionText(sweep: SweepCells): string {
  const { cells } = sweep;
  const [first] = cells;
  const measure = isRegression(cells) ? "Share of the variance that is explained (R2)" : "Accuracy";
  const partition = first === undefined ? "" : ` ${partitionName(first.scenario.partition)}.`;
  return `${measure} in percent at the end, on rows like the site's own: mean over seeds ± 95 % interval; differences are paired by seed; liars are a fifth.${partition} ${captionOf(sweep)}.`;
}

function blankOr(cell: Cell | undefined, text: (cell: Cell) => string): string {
  return cell === undefined ? "" : text(cell);
}

/** Of two ways under the same seed: of their means, and of their worst sites. */
function differenceText(cell: Cell, scored: Scored, other: Cell | undefined, otherScored: Scored): string {
  if (other === undefined || missingOf(cell) + missingOf(other) > 0) return missingText(other);
  const found = new Map(other.outcomes.map((outcome) => [outcome.summary.seed, otherScored(outcome)]));
  const textOfPart = (part: "mean" | "worst") => {
    const differences = cell.outcomes.map((outcome) => {
      const [own, others] = [scored(outcome)?.[part], found.get(outcome.summary.seed)?.[part]];
      return isNumber(own) && isNumber(others) ? own - others : undefined;
    });
    return textOr(meanInterval(differences), intervalText);
  };
  return `${textOfPart("mean")} / ${textOfPart("worst")}`;
}

/** Mean over the sites that kept so few rows: the first ones. */
function newcomerText(cell: Cell): string {
  if (missingOf(cell) > 0) return missingText(cell);
  const { peers: count = 0 } = cell.scenario.data.scarce ?? {};
  const found = cell.outcomes.map(({ peers }) => {
    const accuracies = peers.flatMap(({ index, accuracy }) => (index < count ? (accuracy ?? []) : []));
    return accuracies.length === 0 ? undefined : mean(accuracies);
  });
  return textOr(meanInterval(found), intervalText);
}

/** Of a regression: the root of the mean squared error, in the units of the data. */
function errorTexts(cell: Cell | undefined, { scored }: Way): string[] {
  if (cell === undefined || !isRegression([cell])) return [];
  if (missingOf(cell) > 0) return [missingText(cell)];
  const rmse = ({ summary }: Outcome) => (scored === tuned ? summary.fineTuned : summary.final)?.metrics?.rmse;
  const [all, worst] = [cell.outcomes.map((one) => rmse(one)?.mean), cell.outcomes.map((one) => rmse(one)?.worst)];
  return [`${textOr(meanInterval(all), figureText)} / ${textOr(meanInterval(worst), figureText)}`];
}

function figureText({ mean, half }: Interval): string {
  return half === undefined ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${half.toFixed(2)}`;
}

function textOr(interval: Interval | undefined, text: (interval: Interval) => string): string {
  return interval === undefined ? "–" : text(interval);
}
