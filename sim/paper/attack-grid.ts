/** Tables of attack cells: attacks down, anything across; and what stands out in them. */
import { meanInterval } from "../report/statistics.ts";
import { type AttackCell, aloneOf, isAttacked, SILENT } from "./attack-cells.ts";
import { type Cell, missingOf, missingText } from "./cells.ts";
import { endText, intervalText, isAboveZero } from "./intervals.ts";
import { counted, type MarkdownTable, plainText } from "./markdown.ts";
import { list, whole } from "./names.ts";

export interface Column {
  readonly title: string;
  /** Whether a cell stands in this column; the cell without attack of a column of any f does. */
  holds(cell: AttackCell): boolean;
}

/** `alone`, `without attack` and `liars silent` on top, then the attacks in the order of the sweep; beside each column what an attack costs. */
export function attackGrid(
  cells: readonly AttackCell[],
  columns: readonly Column[],
  alone: readonly Cell[],
): MarkdownTable {
  const lonely = aloneOf(alone);
  const aloneRow = columns.flatMap((column) => {
    const example = cells.find(column.holds);
    return [endText(example && lonely(example.cell.scenario)), ""];
  });
  const rowOf = (name: string) =>
    columns.flatMap((column) => {
      const cell = cells.find((one) => one.name === name && column.holds(one));
      return [cellText(cell), costText(cell)];
    });
  return {
    head: ["attack", ...columns.flatMap(({ title }) => [title, "costs"])],
    rows: [
      ["*alone, no network*", ...aloneRow],
      ["*without attack*", ...rowOf("none")],
      ["*liars silent*", ...rowOf(SILENT)],
      ...attackNames(cells).map((name) => [plainText(name), ...rowOf(name)]),
    ],
  };
}

/** Those that do something, in the order of the sweep. */
export function attackNames(cells: readonly AttackCell[]): string[] {
  return [...new Set(cells.filter(isAttacked).map(({ name }) => name))];
}

/** `95.2 ± 0.3 / 89.0 ± 2.1`; of a targeted attack also how often it succeeds. */
export function cellText(cell: AttackCell | undefined): string {
  if (cell === undefined || missingOf(cell.cell) > 0) return missingText(cell?.cell);
  const success = meanInterval(cell.cell.outcomes.map(({ summary }) => summary.final.attackSuccess));
  return success === undefined ? endText(cell.cell) : `${endText(cell.cell)}; hits ${intervalText(success)}`;
}

/** In bold where the whole interval is above 0. */
function costText(cell: AttackCell | undefined): string {
  if (cell === undefined || cell.share === 0) return "";
  if (cell.cost === undefined) return "…";
  const text = intervalText(cell.cost);
  return isAboveZero(cell.cost) ? `**${text}**` : text;
}

/** In how many cells lies cost more, or less, than chance explains. */
export function costList(cells: readonly AttackCell[], placeOf: (cell: AttackCell) => string): string {
  const attacked = cells.filter(isAttacked);
  const known = attacked.flatMap(({ cost, ...cell }) => (cost === undefined ? [] : [{ ...cell, cost }]));
  const open = attacked.length - known.length;
  const note = open === 0 ? "" : ` Not judged yet, for want of runs: ${counted(open, "cell")}.`;
  if (known.length === 0) return `No cell can be judged yet.${note}`;
  const hurt = known.filter(({ cost }) => isAboveZero(cost)).sort((a, b) => b.cost.mean - a.cost.mean);
  const helped = known.filter(({ cost }) => isAboveZero({ ...cost, mean: -cost.mean })).length;
  const first = `Lies cost accuracy, with the whole interval, in ${hurt.length} of ${counted(known.length, "attack cell")}`;
  const items = hurt.map((cell) => `${plainText(cell.name)} (${placeOf(cell)}) ${intervalText(cell.cost)}`);
  const second = ` In ${helped} the attacked peers end better than beside silent liars.`;
  return `${first}${items.length === 0 ? "" : `: ${items.join("; ")}`}.${helped === 0 ? "" : second}${note}`;
}

/** `f 0.2, k 8`. */
export function liarsText(cells: readonly AttackCell[]): string {
  const shares = cells.filter(({ share }) => share > 0).map(({ share }) => `${whole(share)} %`);
  return `${list(shares)} of liars, k ${list(cells.map(({ inbox }) => inbox))}`;
}
