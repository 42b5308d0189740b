/** Tables of attack cells: attacks down, anything across, and marks where a target is missed. */

import { type AttackCell, aloneOf, TARGETS } from "./attack-targets.ts";
import type { Cell } from "./cells.ts";
import { scoreOf } from "./cells.ts";
import { counted, type MarkdownTable, plainText } from "./markdown.ts";
import { missingText, partitionName, scoreText, whole } from "./names.ts";

export interface Column {
  readonly title: string;
  /** Whether a cell stands in this column; the cell without attack of a column of any f does. */
  holds(cell: AttackCell): boolean;
}

/** `without attack` and `alone` on top, then the attacks in the order of the sweep. */
export function attackGrid(
  cells: readonly AttackCell[],
  columns: readonly Column[],
  alone: readonly Cell[],
): MarkdownTable {
  const names = [...new Set(cells.filter(({ share }) => share > 0).map(({ name }) => name))];
  const lonely = aloneOf(alone);
  const aloneRow = columns.map((column) => {
    const example = cells.find(column.holds);
    const cell = example && lonely(example.cell.scenario);
    const score = cell && scoreOf(cell);
    return score === undefined ? missingText(cell) : scoreText(score);
  });
  const rowOf = (name: string) =>
    columns.map((column) => cellText(cells.find((cell) => cell.name === name && column.holds(cell))));
  return {
    head: ["attack", ...columns.map(({ title }) => title)],
    rows: [
      ["*alone, no network*", ...aloneRow],
      ["*without attack*", ...rowOf("none")],
      ...names.map((name) => [plainText(name), ...rowOf(name)]),
    ],
  };
}

/** `96 / 93`, bold with its footnotes where it misses a target; after a third figure of a targeted attack. */
function cellText(cell: AttackCell | undefined): string {
  if (cell?.score === undefined) return missingText(cell?.cell);
  const { score, misses = [] } = cell;
  const success = score.success === undefined ? "" : ` (${whole(score.success)})`;
  const letters = misses.map(({ target }) => target.letter).join("");
  return misses.length === 0
    ? `${scoreText(score)}${success}`
    : `**${scoreText(score)}**${success}<sup>${letters}</sup>`;
}

/** What the footnotes of the tables say, as a list. */
export function footnotes(): string {
  return TARGETS.map(({ letter, text }) => `- <sup>${letter}</sup> ${plainText(text)}`).join("\n");
}

/** How many cells miss each target, and which. */
export function missList(cells: readonly AttackCell[]): string {
  const judged = cells.filter(({ share, misses }) => share > 0 && misses !== undefined);
  const attacked = cells.filter(({ share }) => share > 0);
  const missing = judged.filter(({ misses = [] }) => misses.length > 0);
  const open = attacked.length - judged.length;
  const note = open === 0 ? "" : `, ${counted(open, "cell")} not judged yet`;
  if (judged.length === 0) return `No cell can be judged yet${note === "" ? "" : ` (${counted(open, "cell")} wait)`}.`;
  if (missing.length === 0) return `All ${counted(judged.length, "attack cell")} reach their targets${note}.`;
  const lines = TARGETS.flatMap((target) => {
    const found = missing.flatMap((cell) =>
      (cell.misses ?? [])
        .filter((miss) => miss.target === target)
        .map(({ figure, bound }) => ({ cell, figure, bound })),
    );
    if (found.length === 0) return [];
    const partitions = [...new Set(found.map(({ cell }) => cell.partition))].map((partition) => {
      const items = found
        .filter(({ cell }) => cell.partition === partition)
        .map(({ cell, figure, bound }) => `${placeOf(cell)}: ${tenth(figure)} for ${tenth(bound)}`);
      return `  - ${partitionName(partition)}: ${items.join("; ")}`;
    });
    return [
      `- <sup>${target.letter}</sup> ${plainText(target.text)}: missed by ${counted(found.length, "cell")}`,
      ...partitions,
    ];
  });
  const heading = `${missing.length} of ${counted(judged.length, "attack cell")} miss a target${note}:`;
  return [heading, "", ...lines].join("\n");
}

function placeOf({ name, share, inbox }: AttackCell): string {
  return `${plainText(name)} (f ${share}, k ${inbox})`;
}

function tenth(share: number): string {
  return (100 * share).toFixed(1);
}
