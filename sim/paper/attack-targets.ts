/**
 * What the default rule is to reach under attack, and which cells miss it.
 *
 * The reference of a cell is the same scenario without an attack: all peers honest. The data of the liars, which they do not share, are
 * missing from the attacked network, so that a part of the distance to the reference is no fault of the rule.
 */

import { withSortedKeys } from "../compare/sweep-paths.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, type Score, scoreOf } from "./cells.ts";
import { aggregationOf, attackName } from "./names.ts";

export interface Target {
  /** Of its footnote. */
  readonly letter: string;
  readonly text: string;
  /** What the figure must reach at least; undefined where the target says nothing about the cell. */
  bound(scenario: Scenario, references: References): number | undefined;
  figure(score: Score): number;
}

interface References {
  readonly none: Score;
  readonly alone: Score;
}

const MAX_SHARE = 0.2;
const MILD: readonly string[] = ["iid", "dirichlet:0.5"];
const SKEWED: readonly string[] = ["dirichlet:0.1", "shards:2"];
/** A backdoor leaves the accuracy alone; Sybils are a majority; the victim of an eclipse sees only liars. */
const EXEMPT: readonly string[] = ["backdoor", "sybil", "eclipse"];
/** Rounding must not decide. */
const EPSILON = 1e-9;

function isMild({ partition, attack }: Scenario): boolean {
  return attack !== undefined && within(attack.share) && MILD.includes(partition) && !EXEMPT.includes(attack.kind);
}

function isSkewed({ partition, attack }: Scenario): boolean {
  return within(attack?.share ?? 0) && SKEWED.includes(partition) && attack?.kind !== "adaptive";
}

function within(share: number): boolean {
  return share <= MAX_SHARE + EPSILON;
}

export const TARGETS: readonly Target[] = [
  {
    letter: "a",
    text: "f ≤ 0.2 on iid and Dirichlet 0.5, every attack but backdoor, Sybil and eclipse: the mean at most 2 points below the run without attack",
    bound: (scenario, { none }) => (isMild(scenario) ? none.mean - 0.02 : undefined),
    figure: ({ mean }) => mean,
  },
  {
    letter: "b",
    text: "the same cells: the worst peer at most 6 points below the worst one without attack",
    bound: (scenario, { none }) => (isMild(scenario) ? none.worst - 0.06 : undefined),
    figure: ({ worst }) => worst,
  },
  {
    letter: "c",
    text: "f ≤ 0.2 on Dirichlet 0.1 and two labels, every attack that does not adapt: the mean at least 78 %",
    bound: (scenario) => (isSkewed(scenario) ? 0.78 : undefined),
    figure: ({ mean }) => mean,
  },
  {
    letter: "d",
    text: "the same cells: the worst peer at least 65 %",
    bound: (scenario) => (isSkewed(scenario) ? 0.65 : undefined),
    figure: ({ worst }) => worst,
  },
  {
    letter: "e",
    text: "every cell: the mean not below what a peer reaches alone",
    bound: ({ attack }, { alone }) => (attack === undefined ? undefined : alone.mean),
    figure: ({ mean }) => mean,
  },
];

export interface Miss {
  readonly target: Target;
  readonly figure: number;
  readonly bound: number;
}

/** A cell with its place in the tables. */
export interface AttackCell {
  readonly cell: Cell;
  readonly name: string;
  readonly partition: string;
  readonly rule: string;
  /** f; 0 without attack. */
  readonly share: number;
  /** k. */
  readonly inbox: number;
  /** Left out while runs are missing. */
  readonly score?: Score;
  /** Left out while runs of the cell or of what it is compared with are missing. */
  readonly misses?: readonly Miss[];
}

/** @param alone cells of `algorithm: local`, of any networks */
export function judgeCells(cells: readonly Cell[], alone: readonly Cell[]): AttackCell[] {
  const without = new Map(
    cells.filter(({ scenario }) => scenario.attack === undefined).map((cell) => [networkOf(cell.scenario), cell]),
  );
  const lonely = aloneOf(alone);
  return cells.map((cell): AttackCell => {
    const { scenario } = cell;
    const { rule, inboxSize: inbox } = aggregationOf(scenario);
    const score = scoreOf(cell);
    const none = scoreAt(without.get(networkOf(scenario)));
    const own = scoreAt(lonely(scenario));
    const misses = score && none && own && missesOf(scenario, score, { none, alone: own });
    const place = { cell, name: attackName(scenario), partition: scenario.partition, rule, inbox };
    return { ...place, share: scenario.attack?.share ?? 0, ...(score && { score }), ...(misses && { misses }) };
  });
}

/** Finds what the peers of a scenario reach alone. */
export function aloneOf(alone: readonly Cell[]): (scenario: Scenario) => Cell | undefined {
  const known = new Map(alone.map((cell) => [dataOf(cell.scenario), cell]));
  return (scenario) => known.get(dataOf(scenario));
}

function missesOf(scenario: Scenario, score: Score, references: References): Miss[] {
  return TARGETS.flatMap((target) => {
    const [bound, figure] = [target.bound(scenario, references), target.figure(score)];
    return bound === undefined || figure >= bound - EPSILON ? [] : [{ target, figure, bound }];
  });
}

function scoreAt(cell: Cell | undefined): Score | undefined {
  return cell && scoreOf(cell);
}

/** What a scenario and its reference have in common: everything but the attack and the seed. */
function networkOf({ attack: _attack, seed: _seed, about: _about, ...rest }: Scenario): string {
  return JSON.stringify(withSortedKeys(rest));
}

/** What decides about a peer alone: its data, its model, and how long it trains. */
function dataOf({ data, partition, peers, cycles, devices, task }: Scenario): string {
  const { aggregation: _aggregation, ...learning } = task;
  return JSON.stringify(withSortedKeys([data, partition, peers, cycles, devices, learning]));
}
