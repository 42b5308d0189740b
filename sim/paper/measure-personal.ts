/** Personal models beside the common one and training alone: mean and worst site, under lies, and at a site that has just begun to measure. */
import { isNumber, mean } from "../../protocol/base/figures.ts";
import { type Interval, meanInterval } from "../report/statistics.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, missingText, type SweepCells } from "./cells.ts";
import { atTheEnd, endText, intervalText, type Scored, seedsText } from "./intervals.ts";
import { attackName, captionOf, isRegression, partitionName, personalMethod } from "./names.ts";
import type { Section } from "./section.ts";

/** A row of the table: who trained so, and which of its models is scored. */
export interface Way {
  readonly name: string;
  readonly isOf: (scenario: Scenario) => boolean;
  readonly scored: Scored;
  /** Whether it is what each site made of the common model at the end. */
  readonly isTuned?: true;
}

const tuned: Scored = ({ summary }) => summary.fineTuned?.accuracy;

export function waysOf(cells: readonly Cell[]): Way[] {
  const isCommon = (scenario: Scenario) =>
    scenario.algorithm.kind === "hearsay" && personalMethod(scenario) === undefined;
  const methods = [...new Set(cells.flatMap(({ scenario }) => personalMethod(scenario) ?? []))];
  return [
    { name: "alone", isOf: ({ algorithm }) => algorithm.kind === "local", scored: atTheEnd },
    { name: "common model", isOf: isCommon, scored: atTheEnd },
    { name: "common model, then `hearsay personalise`", isOf: isCommon, scored: tuned, isTuned: true },
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
  const hasScarce = cells.some(({ scenario }) => scenario.data.scarce !== undefined);
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
      ...(hasScarce ? [blankOr(way.isTuned ? undefined : find(way, "none", true), newcomerText)] : []),
      ...(isRegression(cells) ? errorTexts(cell, way, find(alone, "none", false)) : []),
    ];
  });
  const head = ["", "mean / worst site", "over the common model", "over alone", ...lies];
  const more = [
    ...(hasScarce ? ["sites with 50 rows"] : []),
    ...(isRegression(cells) ? ["error, mean / worst site", "less error than alone"] : []),
  ];
  return { title, caption: captionText(sweep), table: { head: [...head, ...more], rows }, figures: [] };
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
function differenceText(
  cell: Cell,
  scored: Scored,
  other: Cell | undefined,
  otherScored: Scored,
  text: (interval: Interval) => string = intervalText,
): string {
  if (other === undefined || missingOf(cell) + missingOf(other) > 0) return missingText(other);
  const found = new Map(other.outcomes.map((outcome) => [outcome.summary.seed, otherScored(outcome)]));
  const intervalOf = (part: "mean" | "worst") => {
    const differences = cell.outcomes.map((outcome) => {
      const [own, others] = [scored(outcome)?.[part], found.get(outcome.summary.seed)?.[part]];
      return isNumber(own) && isNumber(others) ? own - others : undefined;
    });
    return meanInterval(differences);
  };
  const mean = intervalOf("mean");
  return `${textOr(mean, text)} / ${textOr(intervalOf("worst"), text)}${seedsText(mean, cell.outcomes.length)}`;
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

/** Of a regression: the root of the mean squared error, in the units of the data, and by how much less than alone it is. */
function errorTexts(cell: Cell | undefined, { isTuned, isOf }: Way, alone: Cell | undefined): string[] {
  if (cell === undefined || missingOf(cell) > 0) return [missingText(cell), missingText(cell)];
  const errorOf =
    (tuned: boolean): Scored =>
    ({ summary }) =>
      (tuned ? summary.fineTuned : summary.final)?.metrics?.rmse;
  const own = errorOf(isTuned === true);
  const [all, worst] = (["mean", "worst"] as const).map((part) =>
    meanInterval(cell.outcomes.map((one) => own(one)?.[part])),
  );
  const isAlone = alone !== undefined && isOf(alone.scenario);
  const less = isAlone || alone === undefined ? "" : differenceText(alone, errorOf(false), cell, own, figureText);
  const seeds = seedsText(all, cell.outcomes.length);
  return [`${textOr(all, figureText)} / ${textOr(worst, figureText)}${seeds}`, less];
}

/** `2.10 ± 0.19`, in the units of the data. */
export function figureText({ mean, half }: Interval): string {
  return half === undefined ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${half.toFixed(2)}`;
}

function textOr(interval: Interval | undefined, text: (interval: Interval) => string): string {
  return interval === undefined ? "–" : text(interval);
}
