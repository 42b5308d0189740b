/** The tables of sim/results/attacks.md: everything in it comes from the runs and the sweeps that asked for them. */

import { mean } from "../../protocol/base/figures.ts";
import { attackGrid, type Column, footnotes, missList } from "./attack-grid.ts";
import { attackSummary } from "./attack-summary.ts";
import { type AttackCell, judgeCells } from "./attack-targets.ts";
import type { Cell } from "./cells.ts";
import { type MarkdownTable, markdownTable } from "./markdown.ts";
import { captionOf, DEFAULT_RULE, list, partitionName, type SweepCells, whole } from "./names.ts";

export interface AttackSweeps {
  /** The default rule under every attack. */
  readonly matrix: SweepCells;
  /** Other rules. */
  readonly rules: SweepCells;
  readonly mnist: SweepCells;
  readonly many: SweepCells;
  /** `algorithm: local`. */
  readonly alone: SweepCells;
}

/** Of the comparison of rules. */
const RULES_SHARE = 0.2;
const RULES_INBOX = 15;

export function attackReport({ matrix, rules, mnist, many, alone }: AttackSweeps): string {
  const judged = judgeCells(matrix.cells, alone.cells);
  return [
    intro(alone),
    "### The default rule in a few lines",
    `${captionOf(matrix)}. Means over both k; "worst cell" is the least mean, with its attack.`,
    markdownTable(attackSummary(judged)),
    missList(judged),
    ...partitionsOf(judged).flatMap((partition) => [
      `### The default rule, ${partitionName(partition)}`,
      `${captionOf({ ...matrix, cells: cellsIn(partition, matrix) })}.`,
      markdownTable(
        matrixTable(
          judged.filter((cell) => cell.partition === partition),
          alone.cells,
        ),
      ),
    ]),
    ...rulesPart(judged, rules, alone.cells),
    ...partitionTable("200 peers", many, alone.cells),
    ...partitionTable("MNIST", mnist, alone.cells),
  ].join("\n\n");
}

/** The cut for every day: one table, partitions across, and what it misses. */
export function attackCut(cut: SweepCells, alone: readonly Cell[]): { table: MarkdownTable; notes: string } {
  const judged = judgeCells(cut.cells, alone);
  return { table: attackGrid(judged, partitionColumns(judged), alone), notes: missList(judged) };
}

function intro(alone: SweepCells): string {
  return [
    "Cells are percent: the mean over seeds of the mean accuracy of the honest peers / the worst single honest peer of all seeds. After a",
    "backdoor, in parentheses: the share of triggered test rows that go where the attacker wants them. Where runs are missing, … and how many.",
    "",
    "*Without attack* all peers are honest. Liars share no data, so the attacked networks also lack the data of every tenth, fifth or third",
    "peer, which costs something on skewed data whatever the rule. *Alone*, each peer trains as long on its own data, and hears of nobody",
    `(${captionOf(alone)}).`,
    "",
    "A **bold** cell misses a target of the default rule:",
    "",
    footnotes(),
  ].join("\n");
}

function matrixTable(cells: readonly AttackCell[], alone: readonly Cell[]): MarkdownTable {
  const inboxes = unique(cells.map(({ inbox }) => inbox));
  const shares = unique(cells.filter(({ share }) => share > 0).map(({ share }) => share));
  const columns = inboxes.flatMap((inbox) =>
    shares.map(
      (share): Column => ({
        title: `k ${inbox}, f ${share}`,
        holds: (cell) => cell.inbox === inbox && (cell.share === share || cell.share === 0),
      }),
    ),
  );
  return attackGrid(cells, columns, alone);
}

function rulesPart(matrix: readonly AttackCell[], rules: SweepCells, alone: readonly Cell[]): string[] {
  const others = judgeCells(rules.cells, alone);
  const known = new Set(others.map(({ name }) => name));
  const own = matrix.filter(
    ({ inbox, share, name }) => inbox === RULES_INBOX && (share === RULES_SHARE || share === 0) && known.has(name),
  );
  const names = [DEFAULT_RULE, ...others.map(({ rule }) => rule).filter((rule) => rule !== DEFAULT_RULE)];
  const columns = [...new Set(names)].map((rule): Column => ({ title: rule, holds: (cell) => cell.rule === rule }));
  const note = `k ${RULES_INBOX}, f ${RULES_SHARE}; ${DEFAULT_RULE} from the matrix above. Every rule is held to the targets of the default one, against its own run without attack`;
  const all = [...own, ...others];
  return [
    "### Other rules",
    `${captionOf(rules)}; ${note}.`,
    "Mean over attacks / worst cell / worst single peer:",
    markdownTable(rulesSummary(all, partitionsOf(others), columns)),
    ...partitionsOf(others).flatMap((partition) => {
      // The order of rows is that of the comparison, which not all of the matrix has.
      const here = all.filter((cell) => cell.partition === partition);
      return [
        `**${partitionName(partition)}**`,
        markdownTable(inOrderOf(attackGrid(here, columns, alone), attackGrid(others, columns, alone))),
      ];
    }),
  ];
}

/** Over the attacks that all rules have met, so that none is judged by less. */
function rulesSummary(
  cells: readonly AttackCell[],
  partitions: readonly string[],
  columns: readonly Column[],
): MarkdownTable {
  const attacked = cells.filter(({ share }) => share > 0);
  const rows = columns.map(({ title, holds }) => [
    title,
    ...partitions.map((partition) => {
      const here = attacked.filter((cell) => cell.partition === partition);
      const met = (name: string) =>
        columns.every((column) => here.some((cell) => cell.name === name && column.holds(cell)));
      const own = here.filter((cell) => holds(cell) && met(cell.name));
      const scores = own.flatMap(({ score }) => (score === undefined ? [] : [score]));
      if (scores.length < own.length || scores.length === 0) return `… ${own.length - scores.length}`;
      const means = scores.map(({ mean }) => mean);
      const worst = Math.min(...scores.map((score) => score.worst));
      return [mean(means), Math.min(...means), worst].map(whole).join(" / ");
    }),
  ]);
  return { head: ["rule", ...partitions.map(partitionName)], rows };
}

/** The rows of `table` in the order of those of `model`. */
function inOrderOf(table: MarkdownTable, model: MarkdownTable): MarkdownTable {
  const rows = new Map(table.rows.map((row) => [row[0], row]));
  return { head: table.head, rows: model.rows.map(([name = ""]) => rows.get(name) ?? [name]) };
}

/** One table for a whole sweep, partitions across. */
function partitionTable(title: string, sweep: SweepCells, alone: readonly Cell[]): string[] {
  const judged = judgeCells(sweep.cells, alone);
  const attacked = judged.filter(({ share }) => share > 0);
  const place = `k ${list(attacked.map(({ inbox }) => inbox))}, f ${list(attacked.map(({ share }) => share))}`;
  return [
    `### The default rule, ${title}`,
    `${captionOf(sweep)}; ${place}.`,
    markdownTable(attackGrid(judged, partitionColumns(judged), alone)),
    missList(judged),
  ];
}

function partitionColumns(cells: readonly AttackCell[]): Column[] {
  return partitionsOf(cells).map((partition) => ({
    title: partitionName(partition),
    holds: (cell) => cell.partition === partition,
  }));
}

function partitionsOf(cells: readonly AttackCell[]): string[] {
  return [...new Set(cells.map(({ partition }) => partition))];
}

function cellsIn(partition: string, { cells }: SweepCells): Cell[] {
  return cells.filter(({ scenario }) => scenario.partition === partition);
}

function unique(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
