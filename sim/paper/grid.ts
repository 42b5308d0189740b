/** Sections that are a grid: a row for each of one thing, a column for each of another, all else equal. */
import type { Scenario } from "../seams/scenario-type.ts";
import type { Cell, SweepCells } from "./cells.ts";
import type { Section } from "./section.ts";

/** Rows by columns, of cells that share all else. */
export interface Grid {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  at(row: string, column: string): Cell | undefined;
}

/** What a table says of itself. */
export interface Labels {
  readonly title: string;
  readonly caption: string;
  /** Above the names of the rows. */
  readonly head: string;
}

export function gridOf(
  { cells }: SweepCells,
  rowOf: (of: Scenario) => string,
  columnOf: (of: Scenario) => string,
): Grid {
  const names = (of: (scenario: Scenario) => string) => [...new Set(cells.map(({ scenario }) => of(scenario)))];
  return {
    rows: names(rowOf),
    columns: names(columnOf),
    at: (row, column) => cells.find(({ scenario }) => rowOf(scenario) === row && columnOf(scenario) === column),
  };
}

export function gridSection({ title, caption, head }: Labels, grid: Grid, text: (cell?: Cell) => string): Section {
  const { rows, columns, at } = grid;
  const table = {
    head: [head, ...columns],
    rows: rows.map((row) => [row, ...columns.map((column) => text(at(row, column)))]),
  };
  return { title, caption, table, figures: [] };
}
