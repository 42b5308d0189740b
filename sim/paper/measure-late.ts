/** Sites that come late: how good they are some trainings after they have joined a network that has learned without them. */
import { isNumber, mean } from "../../protocol/base/figures.ts";
import { meanInterval } from "../report/statistics.ts";
import type { CurvePoint } from "../run/report.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, missingText, type Outcome, type SweepCells } from "./cells.ts";
import { intervalText } from "./intervals.ts";
import { figureText, waysOf } from "./measure-personal.ts";
import { captionOf, isRegression } from "./names.ts";
import type { Section } from "./section.ts";

/** Trainings of a median device since it came. */
const AFTER = [2, 4, 10, 20];
const LAST = 20;

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

/** Of one way: how good it is some trainings after, by seed. */
type Found = (cell: Cell, trainings: number) => ReadonlyMap<number, number | undefined>;

function foundIn(hasError: boolean): Found {
  const of = (point: CurvePoint) => (hasError ? point.metrics?.rmse : point.accuracy);
  return ({ scenario, outcomes }, trainings) =>
    new Map(outcomes.map((outcome) => [outcome.summary.seed, lately(scenario, outcome, trainings, of)]));
}

/** By how much a way is better than alone at the end, paired by seed. */
function gainsOf(found: Found, hasError: boolean, cell: Cell, alone: Cell): (number | undefined)[] {
  const [own, other] = [found(cell, LAST), found(alone, LAST)];
  return [...own].map(([seed, value]) => {
    const before = other.get(seed);
    return value === undefined || before === undefined ? undefined : hasError ? before - value : value - before;
  });
}

export function lateSection(sweep: SweepCells, title: string): Section {
  const { cells } = sweep;
  const hasError = isRegression(cells);
  const found = foundIn(hasError);
  const text = (figures: readonly (number | undefined)[]) => {
    const interval = meanInterval(figures);
    return interval === undefined ? "–" : (hasError ? figureText : intervalText)(interval);
  };
  const alone = cells.find(({ scenario }) => scenario.algorithm.kind === "local");
  const rows = waysOf(cells)
    .filter(({ isTuned }) => !isTuned)
    .map(({ name, isOf }) => {
      const cell = cells.find(({ scenario }) => isOf(scenario));
      const isMissing = cell === undefined || missingOf(cell) > 0;
      if (isMissing) return [name, ...AFTER.map(() => missingText(cell)), missingText(cell)];
      const isCompared = alone !== undefined && alone !== cell && missingOf(alone) === 0;
      const gain = isCompared ? text(gainsOf(found, hasError, cell, alone)) : "";
      return [name, ...AFTER.map((trainings) => text([...found(cell, trainings).values()])), gain];
    });
  const head = ["", ...AFTER.map((trainings) => `after ${trainings} trainings`), `better than alone, after ${LAST}`];
  return { title, caption: captionText(sweep, hasError), table: { head, rows }, figures: [] };
}

function captionText(sweep: SweepCells, hasError: boolean): string {
  const measure = hasError
    ? "Root of the mean squared error, in the units of the data (less is better),"
    : "Accuracy in percent";
  const { data, peers: sites } = sweep.cells[0]?.scenario ?? {};
  const { peers = 0, rows = 0 } = data?.scarce ?? {};
  return `${measure} of ${peers} of ${sites} sites, which have ${rows} rows each and join half-way, on rows like their own: mean over them and over seeds ± 95 % interval; differences are paired by seed. ${captionOf(sweep)}.`;
}
