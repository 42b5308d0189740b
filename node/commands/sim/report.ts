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

interface ReportOptions {
  /** False with --no-run: only tables of what is there. */
  readonly run: boolean;
  readonly cut?: boolean;
  readonly workers?: string;
  readonly json?: boolean;
}

/** Where the tables of each report stand, between two marks; those of attacks and measurements between two of each sweep. */
const PAGES = {
  attacks: "sim/results/attacks.md",
  budget: "sim/results/budget.md",
  codecs: "sim/results/codecs.md",
  cohorts: "sim/results/cohorts.md",
  gateways: "sim/results/gateways.md",
  measurements: "sim/results/measurements.md",
  personal: "sim/results/personal.md",
  privacy: "sim/results/privacy.md",
  selectors: "sim/results/selectors.md",
  skew: "sim/results/skew.md",
  "slow-devices": "sim/results/slow-devices.md",
} as const;
type Report = keyof typeof PAGES;
/** Relative to the pages. */
const PLOTS = "plots";

export async function run(what: string, options: ReportOptions): Promise<void> {
  if (!isReport(what))
    throw new HearsayError("ERR_CONFIG", `there is no report "${what}"; give one of ${Object.keys(PAGES).join(", ")}`);
  if (options.cut && what !== "attacks") throw new HearsayError("ERR_CONFIG", "--cut is of the attacks only");
  const page = PAGES[what];
  if (!existsSync(page))
    throw new HearsayError("ERR_CONFIG", `there is no ${page} here: call this at the top of a checkout`);
  if (options.cut) return reportCut(options);
  return REPORTS[what](options);
}

const REPORTS: Readonly<Record<Report, (options: ReportOptions) => Promise<void>>> = {
  attacks: reportAttacks,
  budget: reportBudget,
  codecs: (options) =>
    reportOne("codecs", async () => (await import("../../../sim/paper/measure-codecs.ts")).codecSection, options),
  cohorts: (options) =>
    reportOne("cohorts", async () => (await import("../../../sim/paper/measure-cohorts.ts")).cohortSection, options),
  gateways: (options) =>
    reportOne("gateways", async () => (await import("../../../sim/paper/measure-gateways.ts")).gatewaySection, options),
  measurements: reportMeasurements,
  personal: reportPersonal,
  privacy: (options) =>
    reportOne("privacy", async () => (await import("../../../sim/paper/measure-privacy.ts")).privacySection, options),
  selectors: reportSelectors,
  skew: reportSkew,
  "slow-devices": (options) =>
    reportOne(
      "slow-devices",
      async () => (await import("../../../sim/paper/measure-slow-devices.ts")).slowDevicesSection,
      options,
    ),
};

function isReport(what: string): what is Report {
  return Object.hasOwn(PAGES, what);
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
  for (const [mark, text] of attackReport(sweeps)) await writeSection("attacks", mark, text);
  tell(options, Object.values(sweeps), [PAGES.attacks]);
}

/** A page of one sweep. @param load gives what makes a section of its cells. */
async function reportOne(
  name: Report,
  load: () => Promise<(sweep: SweepCells) => Section>,
  options: ReportOptions,
): Promise<void> {
  const [sectionOf, { sectionText, figureFiles }] = await withPlots(() =>
    Promise.all([load(), import("../../../sim/paper/section.ts")]),
  );
  const sweeps = await sweepsOf({ [name]: name }, "measure", options);
  if (sweeps === undefined) return;
  const section = sectionOf(sweeps[name] as SweepCells);
  const texts = new Map([[name, sectionText(section, PLOTS)]]);
  const written = await writePage(name, { texts, figures: figureFiles([section]) });
  tell(options, Object.values(sweeps), written);
}

async function reportBudget(options: ReportOptions): Promise<void> {
  const { budgetPage, BUDGET_SWEEPS } = await withPlots(() => import("../../../sim/paper/budget-page.ts"));
  await reportSeveral("budget", BUDGET_SWEEPS, budgetPage, options);
}

async function reportSkew(options: ReportOptions): Promise<void> {
  const { skewPage, SKEW_SWEEPS } = await import("../../../sim/paper/skew-page.ts");
  await reportSeveral("skew", SKEW_SWEEPS, skewPage, options);
}

async function reportPersonal(options: ReportOptions): Promise<void> {
  const { personalPage, PERSONAL_SWEEPS } = await import("../../../sim/paper/personal-page.ts");
  await reportSeveral("personal", PERSONAL_SWEEPS, personalPage, options);
}

async function reportSelectors(options: ReportOptions): Promise<void> {
  const { selectorSections, SELECTOR_SWEEPS } = await import("../../../sim/paper/measure-selectors.ts");
  await writeRare();
  await reportSeveral("selectors", SELECTOR_SWEEPS, selectorSections, options);
}

/** The sections of each sweep, between marks of its own; of a sweep without a run, what is there stays. @param titles of the sections, by the names of their sweeps. */
async function reportSeveral(
  page: Report,
  titles: Readonly<Record<string, string>>,
  sectionOf: (sweep: SweepCells, title: string) => Section | readonly Section[],
  options: ReportOptions,
): Promise<void> {
  const [{ sectionText, figureFiles }, { hasRuns }] = await Promise.all([
    import("../../../sim/paper/section.ts"),
    import("../../../sim/paper/names.ts"),
  ]);
  const names = Object.keys(titles);
  const sweeps = await sweepsOf(Object.fromEntries(names.map((name) => [name, name])), "measure", options);
  if (sweeps === undefined) return;
  const sections = names
    .filter((name) => hasRuns(sweeps[name] as SweepCells))
    .map((name) => [name, [sectionOf(sweeps[name] as SweepCells, titles[name] as string)].flat()] as const);
  const texts = sections.map(([name, all]) => [name, all.map((one) => sectionText(one, PLOTS)).join("\n\n")] as const);
  const figures = figureFiles(sections.flatMap(([, all]) => all));
  tell(options, Object.values(sweeps), await writePage(page, { texts: new Map(texts), figures }));
}

async function reportMeasurements(options: ReportOptions): Promise<void> {
  const { MEASUREMENTS, measureReport } = await withPlots(() => import("../../../sim/paper/measure-report.ts"));
  await Promise.all([writeHalves(), writeRare()]);
  const names = Object.fromEntries(MEASUREMENTS.map((name) => [name, name])) as {
    [K in (typeof MEASUREMENTS)[number]]: K;
  };
  const sweeps = await sweepsOf(names, "measure", options);
  if (sweeps === undefined) return;
  tell(options, Object.values(sweeps), await writePage("measurements", measureReport(sweeps, PLOTS)));
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

type Section = import("../../../sim/paper/section.ts").Section;

interface Drawn {
  /** What stands between the marks of each name. */
  readonly texts: ReadonlyMap<string, string>;
  /** File name -> SVG. */
  readonly figures: ReadonlyMap<string, string>;
}

/** The page's tables, and its figures beside it; what was written. */
async function writePage(name: Report, { texts, figures }: Drawn): Promise<string[]> {
  const paths = [...figures].map(([file, svg]) => [join(dirname(PAGES[name]), PLOTS, file), svg] as const);
  for (const [path, svg] of paths) await writeOutput(path, svg, undefined);
  for (const [mark, text] of texts) await writeSection(name, mark, text);
  return [PAGES[name], ...paths.map(([path]) => path)];
}

/** Replaces what stands between the marks of the page; the words around them are written by hand. */
async function writeSection(name: Report, mark: string, body: string): Promise<void> {
  const { replaceSection } = await import("../../../sim/paper/markdown.ts");
  // Read only now: the runs take hours, and somebody may have written on.
  await writeOutput(PAGES[name], replaceSection(await readFile(PAGES[name], "utf8"), mark, body), undefined);
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
