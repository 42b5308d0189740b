/**
 * The runs of a sweep as the cells of a table: one scenario under all its seeds. A cell is whole only when every run that the sweep
 * asks for is there; until then it has no figures, so that no table mixes means over three seeds with means over one.
 */

import { mean } from "../../protocol/base/figures.ts";
import type { SweepRun } from "../compare/sweep.ts";
import type { Report } from "../run/report.ts";
import type { Scenario } from "../seams/scenario-type.ts";

/** What tables need of a run. */
export type Outcome = Pick<Report, "summary" | "series" | "peers" | "curves">;

export interface Cell {
  /** That of the first seed. */
  readonly scenario: Scenario;
  /** Runs that are wanted. */
  readonly wanted: number;
  /** Runs that are there, in the order of the sweep. */
  readonly outcomes: readonly Outcome[];
}

/** A sweep as tables are made of it. */
export interface SweepCells {
  readonly cells: readonly Cell[];
  /** Its file. */
  readonly file: string;
  /** Length d of the model. */
  dimension(scenario: Scenario): number | undefined;
}

/** Whether any of its runs is there. */
export function hasRuns({ cells }: SweepCells): boolean {
  return cells.some(({ outcomes }) => outcomes.length > 0);
}

/** Over seeds and honest peers. */
export interface Score {
  /** Mean over seeds of the mean over honest peers. */
  readonly mean: number;
  /** The worst single honest peer of all seeds. */
  readonly worst: number;
  /** Of a targeted attack: mean over seeds. */
  readonly success?: number;
}

/** In the order of the sweep. Outcomes of other scenarios or seeds, as an earlier version of the sweep leaves them, are ignored. */
export function cellsOf(wanted: readonly SweepRun[], outcomes: readonly Outcome[]): Cell[] {
  const found = new Map(outcomes.map((outcome) => [`${outcome.summary.hash}/${outcome.summary.seed}`, outcome]));
  const cells = new Map<string, { scenario: Scenario; wanted: number; outcomes: Outcome[] }>();
  for (const { scenario, hash } of wanted) {
    const cell = cells.get(hash) ?? { scenario, wanted: 0, outcomes: [] };
    cells.set(hash, cell);
    cell.wanted++;
    const outcome = found.get(`${hash}/${scenario.seed}`);
    if (outcome !== undefined) cell.outcomes.push(outcome);
  }
  return [...cells.values()];
}

export function missingOf({ wanted, outcomes }: Cell): number {
  return wanted - outcomes.length;
}

/** What stands in a cell without figures: how many of its runs are missing. */
export function missingText(cell: Cell | undefined): string {
  return cell === undefined ? "–" : `… ${missingOf(cell)}`;
}

/** Undefined while runs are missing. */
export function scoreOf(cell: Cell): Score | undefined {
  if (missingOf(cell) > 0) return undefined;
  const finals = cell.outcomes.map(({ summary }) => summary.final);
  const successes = finals.flatMap(({ attackSuccess }) => (attackSuccess === undefined ? [] : [attackSuccess]));
  return {
    mean: mean(finals.map(({ accuracy }) => accuracy.mean)),
    worst: Math.min(...finals.map(({ accuracy }) => accuracy.worst)),
    ...(successes.length > 0 && { success: mean(successes) }),
  };
}
