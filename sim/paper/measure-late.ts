/** Sites that come late: how good they are some trainings after they have joined a network that has learned without them. */
import { isNumber, mean } from "../../protocol/base/figures.ts";
import { meanInterval } from "../report/statistics.ts";
import type { CurvePoint } from "../run/report.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, type Outcome } from "./cells.ts";
import { intervalText } from "./intervals.ts";
import { figureText, waysOf } from "./measure-personal.ts";
import { captionOf, isRegression, missingText, type SweepCells } from "./names.ts";
import type { Section } from "./section.ts";

/** Trainings of a median device since it came. */
const AFTER = [2, 4, 10, 20];

/** When the sites with few rows come, virtual seconds. */
function joinsAt({ churn }: Scenario): number {
  return churn.kind === "trace" ? Math.max(...churn.sessions.map(([on]) => on)) : 0;
}

/** Mean over the late sites of a run, so long after they came; undefined where nobody looked then. */
function lately(scenario: Scenario, { curves = [] }: Outcome, trainings: number, of: (point: CurvePoint) => unknown) {
  const seconds = joinsAt(scenario) + trainings * scenario.devices.cycleSeconds;
  const { peers = 0 } = scenario.data.scarce ?? {};
  const found = curves.filter((point) => point.index < peers && Math.abs(point.seconds - seconds) < 1e-6).map(of);
  return found.length > 0 && found.every(isNumber) ? mean(found) : undefined;
}

export function lateSection(sweep: SweepCells, title: string): Section {
  const { cells } = sweep;
  const hasError = isRegression(cells);
  const text = (cell: Cell | undefined, trainings: number) => {
    if (cell === undefined || missingOf(cell) > 0) return missingText(cell);
    const of = (point: CurvePoint) => (hasError ? point.metrics?.rmse : point.accuracy);
    const interval = meanInterval(cell.outcomes.map((outcome) => lately(cell.scenario, outcome, trainings, of)));
    return interval === undefined ? "–" : (hasError ? figureText : intervalText)(interval);
  };
  const rows = waysOf(cells)
    .filter(({ isTuned }) => !isTuned)
    .map(({ name, isOf }) => {
      const cell = cells.find(({ scenario }) => isOf(scenario));
      return [name, ...AFTER.map((trainings) => text(cell, trainings))];
    });
  const measure = hasError
    ? "Root of the mean squared error, in the units of the data (less is better),"
    : "Accuracy in percent";
  const [first] = cells;
  const { peers = 0, rows: few = 0 } = first?.scenario.data.scarce ?? {};
  return {
    title,
    caption: `${measure} of ${peers} of ${first?.scenario.peers} sites, which have ${few} rows each and join half-way, on rows like their own: mean over them and over seeds ± 95 % interval. ${captionOf(sweep)}.`,
    table: { head: ["", ...AFTER.map((trainings) => `after ${trainings} trainings`)], rows },
    figures: [],
  };
}
