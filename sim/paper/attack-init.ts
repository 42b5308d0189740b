/** The task that `hearsay init` writes under attack, beside tasks without its options under the same attacks: what its options are worth there, or cost. */
import { type AttackCell, attackCells } from "./attack-cells.ts";
import { attackGrid, type Column, costList, liarsText } from "./attack-grid.ts";
import type { Cell, SweepCells } from "./cells.ts";
import { markdownTable } from "./markdown.ts";
import { captionOf, DEFAULT_RULE, partitionName, whole } from "./names.ts";

/** @param before of tasks without the options; of them only what meets the same share of liars on the same data and graph stands here. */
export function initParts(init: SweepCells, before: readonly SweepCells[], alone: readonly Cell[]): string[] {
  const now = attackCells(init.cells);
  const old = attackCells(before.flatMap(({ cells }) => cells)).filter(({ rule }) => rule === DEFAULT_RULE);
  const share = Math.max(...now.map((cell) => cell.share));
  return [...new Set(now.map(({ partition }) => partition))].flatMap((partition) => {
    const isHere = (cell: AttackCell) => cell.partition === partition && (cell.share === share || cell.share === 0);
    const mine = now.filter(isHere);
    const met = new Set(mine.map(({ name }) => name));
    const theirs = old.filter((cell) => isHere(cell) && met.has(cell.name));
    const graphs = [...new Set(mine.map(({ graph }) => graph))];
    return [
      `### The task of hearsay init beside one without its options, ${partitionName(partition)}, ${whole(share)} % of liars`,
      `${captionOf({ ...init, cells: mine.map(({ cell }) => cell) })}; ${liarsText(mine)}, in tasks without the options ${liarsText(theirs)}.`,
      markdownTable(attackGrid([...mine, ...theirs], graphs.flatMap(columnsOf(mine, theirs)), alone)),
      costList(mine, ({ graph }) => graph),
    ];
  });
}

/** The same of one sweep that has both. */
export function regressionParts(sweep: SweepCells, alone: readonly Cell[]): string[] {
  const looks = ({ scenario }: Cell) => (scenario.task.aggregation as { mostLoss?: number } | undefined)?.mostLoss;
  const { now = [], before = [] } = Object.groupBy(sweep.cells, (cell) =>
    looks(cell) === undefined ? "before" : "now",
  );
  return initParts({ ...sweep, cells: now }, [{ ...sweep, cells: before }], alone);
}

function columnsOf(mine: readonly AttackCell[], theirs: readonly AttackCell[]): (graph: string) => Column[] {
  return (graph) => [
    { title: graph, holds: (cell) => cell.graph === graph && mine.includes(cell) },
    { title: `${graph}, without`, holds: (cell) => cell.graph === graph && theirs.includes(cell) },
  ];
}
