/**
 * Cells of attack tables with what they are compared with. What an attack costs has two parts: the liars do not share their data, and they lie.
 * The first is measured by the same liars under the same seeds, silent; the second is what an attacked run lacks to that.
 */
import { withSortedKeys } from "../compare/sweep-paths.ts";
import type { Interval } from "../report/statistics.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import type { Cell } from "./cells.ts";
import { pairedDifference } from "./intervals.ts";
import { aggregationOf, attackName, graphName } from "./names.ts";

/** The attack whose liars say nothing. */
export const SILENT = "silent";

/** A cell with its place in the tables. */
export interface AttackCell {
  readonly cell: Cell;
  readonly name: string;
  readonly partition: string;
  readonly graph: string;
  readonly rule: string;
  /** k. */
  readonly inbox: number;
  /** f; 0 without attack. */
  readonly share: number;
  /**
   * What it costs, paired by seed: the lies, against silent liars; of silent liars the missing data, against a run without liars. Left out
   * without an attack, and while runs are missing.
   */
  readonly cost?: Interval;
}

export function attackCells(cells: readonly Cell[]): AttackCell[] {
  const known = new Map(cells.map((cell) => [`${networkOf(cell.scenario)}/${liarsOf(cell.scenario)}`, cell]));
  return cells.map((cell) => {
    const { scenario } = cell;
    const { rule, inboxSize: inbox } = aggregationOf(scenario);
    const { partition, attack } = scenario;
    const reference = attack?.kind === SILENT ? "none" : `${SILENT} ${attack?.share}`;
    const cost = attack && pairedDifference(known.get(`${networkOf(scenario)}/${reference}`), cell);
    const place = { partition, graph: graphName(scenario), rule, inbox, share: attack?.share ?? 0 };
    return { cell, name: attackName(scenario), ...place, ...(cost && { cost }) };
  });
}

/** Whether a cell is one of an attack that does something. */
export function isAttacked({ cell }: AttackCell): boolean {
  const { attack } = cell.scenario;
  return attack !== undefined && attack.kind !== SILENT;
}

/** Finds what the peers of a scenario reach alone. */
export function aloneOf(alone: readonly Cell[]): (scenario: Scenario) => Cell | undefined {
  const known = new Map(alone.map((cell) => [dataOf(cell.scenario), cell]));
  return (scenario) => known.get(dataOf(scenario));
}

/** `none`, `silent 0.2`; of other attacks, the attack. */
function liarsOf({ attack }: Scenario): string {
  if (attack === undefined) return "none";
  return attack.kind === SILENT ? `${SILENT} ${attack.share}` : JSON.stringify(attack);
}

/** What a scenario and its references have in common: everything but the attack and the seed. */
function networkOf({ attack: _attack, seed: _seed, about: _about, ...rest }: Scenario): string {
  return JSON.stringify(withSortedKeys(rest));
}

/** What decides about a peer alone: its data, its model, and how long it trains. */
function dataOf({ data, partition, peers, cycles, devices, task }: Scenario): string {
  const { aggregation: _aggregation, ...learning } = task;
  return JSON.stringify(withSortedKeys([data, partition, peers, cycles, devices, learning]));
}
