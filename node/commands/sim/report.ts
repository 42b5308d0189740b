/**
 * `hearsay sim report`: runs the sweeps of sim/scenarios and writes tables and plots of them into sim/results. For a checkout, called at its top;
 * `npm run report:attacks` and `npm run report:sim` are short for it.
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { onErrors } from "../../terminal/colours.ts";
import { printJson, table } from "../../terminal/print.ts";
import { tell as complain, print } from "../../terminal/terminal.ts";
import { withPlots } from "./plots.ts";
import { writeHalves, writeRare } from "./report-data.ts";
import { readCells, runSweeps, type SweepCells } from "./report-sweeps.ts";

type Drawn = import("../../../sim/paper/pages.ts").Drawn;

interface ReportOptions {
  /** False with --no-run: only tables of what is there. */
  readonly run: boolean;
  readonly cut?: boolean;
  readonly workers?: string;
  readonly json?: boolean;
}

const ATTACKS = "attacks";
/** Relative to the pages. */
const PLOTS = "plots";
/** Data that the sweeps of a page read, and that no set ships. */
const DATA: Readonly<Record<string, readonly (() => Promise<void>)[]>> = {
  measurements: [writeHalves, writeRare],
  selectors: [writeRare],
};

/** @param what the name of a page: its tables stand between marks of each sweep. */
export async function run(what: string, options: ReportOptions): Promise<void> {
  const { drawPage, PAGES } = await withPlots(() => import("../../../sim/paper/pages.ts"));
  const names = [ATTACKS, ...PAGES.keys()];
  if (!names.includes(what))
    throw new HearsayError("ERR_CONFIG", `there is no report "${what}"; give one of ${names.join(", ")}`);
  if (options.cut && what !== ATTACKS) throw new HearsayError("ERR_CONFIG", "--cut is of the attacks only");
  const file = fileOf(what);
  if (!existsSync(file))
    throw new HearsayError("ERR_CONFIG", `there is no ${file} here: call this at the top of a checkout`);
  if (options.cut) return reportCut(options);
  const page = PAGES.get(what);
  if (page === undefined) return reportAttacks(options);
  await Promise.all((DATA[what] ?? []).map((write) => write()));
  const sweeps = await sweepsOf(Object.fromEntries([...page.keys()].map((name) => [name, name])), "measure", options);
  if (sweeps === undefined) return;
  tell(options, Object.values(sweeps), await writePage(file, drawPage(page, sweeps, PLOTS)));
}

function fileOf(what: string): string {
  return `sim/results/${what}.md`;
}

async function reportAttacks(options: ReportOptions): Promise<void> {
  const { attackReport } = await import("../../../sim/paper/attack-report.ts");
  const names = {
    alone: "alone",
    init: "init",
    regression: "regression",
    matrix: "matrix",
    more: "more",
    rules: "rules",
    twoWorlds: "two-worlds",
    mnist: "mnist",
    many: "200-peers",
  };
  const sweeps = await sweepsOf(names, "attack", options);
  if (sweeps === undefined) return;
  const drawn = { texts: attackReport(sweeps), figures: new Map<string, string>() };
  tell(options, Object.values(sweeps), await writePage(fileOf(ATTACKS), drawn));
}

/** Five minutes of the matrix, on the screen. */
async function reportCut(options: ReportOptions): Promise<void> {
  const { attackCut } = await import("../../../sim/paper/attack-report.ts");
  const { withoutMarkup } = await import("../../../sim/paper/markdown.ts");
  const sweeps = await sweepsOf({ alone: "alone", cut: "cut" }, "attack", options);
  if (sweeps === undefined) return;
  const { table: cut, notes } = attackCut(sweeps.cut, sweeps.alone.cells);
  const rows = cut.rows.map((row) => row.map(withoutMarkup));
  if (options.json) {
    printJson({ ...stateOf(Object.values(sweeps)), head: cut.head, rows, notes: withoutMarkup(notes) });
    return;
  }
  print(`${table(cut.head, rows)}\n${withoutMarkup(notes)}\n`);
}

/** Runs the sweeps unless only tables are wanted, and reads what is there; undefined where the user stopped them. */
async function sweepsOf<K extends string>(
  names: Readonly<Record<K, string>>,
  prefix: string,
  options: ReportOptions,
): Promise<Record<K, SweepCells> | undefined> {
  const all = Object.entries(names) as [K, string][];
  const files = all.map(([, name]) => `${prefix}-${name}`);
  if (options.run && !(await runSweeps(files, options))) return undefined;
  const sweeps: [K, SweepCells][] = [];
  for (const [key, name] of all) sweeps.push([key, await readCells(`${prefix}-${name}`)]);
  return Object.fromEntries(sweeps) as Record<K, SweepCells>;
}

/** The page's tables between their marks, and its figures beside it; what was written. The words around the marks are written by hand. */
async function writePage(page: string, { texts, figures }: Drawn): Promise<string[]> {
  const { replaceSection } = await import("../../../sim/paper/markdown.ts");
  const paths = [...figures].map(([file, svg]) => [join(dirname(page), PLOTS, file), svg] as const);
  for (const [path, svg] of paths) await writeOutput(path, svg, undefined);
  // Read only now: the runs take hours, and somebody may have written on.
  let words = await readFile(page, "utf8");
  for (const [mark, text] of texts) words = replaceSection(words, mark, text);
  await writeOutput(page, words, undefined);
  return [page, ...paths.map(([path]) => path)];
}

function tell({ json }: ReportOptions, sweeps: readonly SweepCells[], written: readonly string[]): void {
  const state = stateOf(sweeps);
  if (json) {
    printJson({ ...state, written });
    return;
  }
  if (state.missing > 0)
    complain(`${onErrors.yellow("incomplete:")} ${state.missing} of ${state.runs} runs are not there yet\n`);
  print(`${written.join("\n")}\n`);
}

function stateOf(sweeps: readonly SweepCells[]): { readonly runs: number; readonly missing: number } {
  const cells = sweeps.flatMap((sweep) => sweep.cells);
  const runs = cells.reduce((sum, { wanted }) => sum + wanted, 0);
  return { runs, missing: runs - cells.reduce((sum, { outcomes }) => sum + outcomes.length, 0) };
}
