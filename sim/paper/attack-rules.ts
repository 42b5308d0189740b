/** Rules side by side: the same attacks on the same network under the same seeds, and what the default rule has more or less than each. */
import { mean } from "../../protocol/base/figures.ts";
import { meanInterval } from "../report/statistics.ts";
import { type AttackCell, isAttacked } from "./attack-cells.ts";
import { attackNames, cellText } from "./attack-grid.ts";
import { type Cell, missingOf } from "./cells.ts";
import { intervalText, pairedDifference } from "./intervals.ts";
import { type MarkdownTable, plainText } from "./markdown.ts";
import { DEFAULT_RULE } from "./names.ts";

/** Rules across; of the attacks those that more than one rule has met. */
export function rulesGrid(cells: readonly AttackCell[]): MarkdownTable {
  const rules = rulesIn(cells);
  const rowOf = (name: string) => rules.map((rule) => cellText(at(cells, rule, name)));
  const met = (name: string) => rules.filter((rule) => at(cells, rule, name) !== undefined).length > 1;
  return {
    head: ["attack", ...rules],
    rows: [
      ["*without attack*", ...rowOf("none")],
      ["*liars silent*", ...rowOf("silent")],
      ...attackNames(cells)
        .filter(met)
        .map((name) => [plainText(name), ...rowOf(name)]),
    ],
  };
}

/** Over the attacks that all rules have met, so that none is judged by less. */
export function rulesSummary(cells: readonly AttackCell[]): MarkdownTable {
  const rules = rulesIn(cells);
  const common = attackNames(cells).filter((name) => rules.every((rule) => at(cells, rule, name) !== undefined));
  const cellsOf = (rule: string) => common.map((name) => (at(cells, rule, name) as AttackCell).cell);
  const own = rules.includes(DEFAULT_RULE) ? cellsOf(DEFAULT_RULE) : [];
  return {
    head: ["rule", "mean over attacks", "least mean", `${DEFAULT_RULE} has more, over attacks`, "without attack"],
    rows: rules.map((rule) => [
      rule,
      ...overAttacks(cellsOf(rule), common),
      rule === DEFAULT_RULE ? "" : moreText(own, cellsOf(rule)),
      rule === DEFAULT_RULE ? "" : noneText(cells, rule),
    ]),
  };
}

export function rulesIn(cells: readonly AttackCell[]): string[] {
  const rules = [...new Set(cells.map(({ rule }) => rule))];
  return rules.sort((a, b) => Number(b === DEFAULT_RULE) - Number(a === DEFAULT_RULE));
}

function at(cells: readonly AttackCell[], rule: string, name: string): AttackCell | undefined {
  return cells.find((cell) => cell.rule === rule && cell.name === name && (isAttacked(cell) || name === cell.name));
}

function overAttacks(cells: readonly Cell[], names: readonly string[]): string[] {
  const missing = cells.reduce((sum, cell) => sum + missingOf(cell), 0);
  if (missing > 0 || cells.length === 0) return [`… ${missing}`, ""];
  const interval = meanInterval([...bySeed(cells).values()].map(mean));
  const ends = cells.map(({ outcomes }) => meanInterval(outcomes.map(({ summary }) => summary.final.accuracy.mean)));
  const means = ends.map((end) => end?.mean ?? Number.POSITIVE_INFINITY);
  const worst = means.indexOf(Math.min(...means));
  const least = ends[worst];
  return [
    interval === undefined ? "–" : intervalText(interval),
    least === undefined ? "–" : `${intervalText(least)}: ${plainText(names[worst] ?? "")}`,
  ];
}

/** Of each seed the difference of its means over attacks. */
function moreText(own: readonly Cell[], others: readonly Cell[]): string {
  if ([...own, ...others].some((cell) => missingOf(cell) > 0) || own.length === 0) return "…";
  const theirs = bySeed(others);
  const differences = [...bySeed(own)].map(([seed, values]) => mean(values) - mean(theirs.get(seed) ?? [Number.NaN]));
  const interval = meanInterval(differences);
  return interval === undefined ? "–" : intervalText(interval);
}

function noneText(cells: readonly AttackCell[], rule: string): string {
  const interval = pairedDifference(at(cells, DEFAULT_RULE, "none")?.cell, at(cells, rule, "none")?.cell);
  return interval === undefined ? "…" : intervalText(interval);
}

/** Mean accuracies of all cells, by seed. */
function bySeed(cells: readonly Cell[]): Map<number, number[]> {
  const means = new Map<number, number[]>();
  for (const { outcomes } of cells)
    for (const { summary } of outcomes)
      means.set(summary.seed, [...(means.get(summary.seed) ?? []), summary.final.accuracy.mean]);
  return means;
}
