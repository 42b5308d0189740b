/** Accuracies with their 95 % intervals over seeds, and differences that are paired by seed, as every cell of a table has them. */
import { type Interval, meanInterval } from "../report/statistics.ts";
import type { Point } from "../run/report.ts";
import { type Cell, missingOf, missingText, type Outcome } from "./cells.ts";

type Accuracy = Point["accuracy"];

/** Of one run: which models were scored. */
export type Scored = (outcome: Outcome) => Accuracy | undefined;

/** By the model with which the algorithm would predict. */
export const atTheEnd: Scored = ({ summary }) => summary.final.accuracy;

/** `95.2 ± 0.3 / 89.0 ± 2.1`: mean accuracy and worst honest peer of each run, in percent, over the seeds. Where models of some runs are out of range, in how many they are not. */
export function endText(cell: Cell | undefined, scored: Scored = atTheEnd): string {
  if (cell === undefined || missingOf(cell) > 0) return missingText(cell);
  const accuracies = cell.outcomes.map(scored);
  const [mean, worst] = [accuracies.map((one) => one?.mean), accuracies.map((one) => one?.worst)].map(meanInterval);
  if (mean === undefined || worst === undefined) return "–";
  return `${intervalText(mean)} / ${intervalText(worst)}${seedsText(mean, accuracies.length)}`;
}

/** ` (4 of 5 seeds)` where only some have a figure. */
export function seedsText(interval: Interval | undefined, seeds: number): string {
  return interval !== undefined && interval.count < seeds ? ` (${interval.count} of ${seeds} seeds)` : "";
}

/** `3.1 ± 0.4`, in percent or points. */
export function intervalText({ mean, half }: Interval): string {
  const points = (share: number) => {
    const text = (100 * share).toFixed(1);
    return text === "-0.0" ? "0.0" : text;
  };
  return half === undefined ? points(mean) : `${points(mean)} ± ${points(half)}`;
}

/** How much more the first has than the second under the same seed; undefined while runs are missing. */
export function pairedDifference(
  first: Cell | undefined,
  second: Cell | undefined,
  of: (outcome: Outcome) => number = ({ summary }) => summary.final.accuracy.mean,
): Interval | undefined {
  return paired(first, second, (one, other) => of(one) - of(other));
}

/** What two runs under the same seed say beside each other, over the seeds of both; undefined while runs are missing. */
export function paired(
  first: Cell | undefined,
  second: Cell | undefined,
  compare: (first: Outcome, second: Outcome) => number,
): Interval | undefined {
  if (first === undefined || second === undefined || missingOf(first) + missingOf(second) > 0) return undefined;
  const others = new Map(second.outcomes.map((outcome) => [outcome.summary.seed, outcome]));
  const compared = first.outcomes.map((outcome) => {
    const other = others.get(outcome.summary.seed);
    return other === undefined ? undefined : compare(outcome, other);
  });
  return meanInterval(compared);
}

/** Whether the difference is above 0 with its whole interval. */
export function isAboveZero({ mean, half }: Interval): boolean {
  return half !== undefined && mean - half > 0;
}
