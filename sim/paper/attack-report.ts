/** The tables of sim/results/attacks.md: everything in them comes from the runs and the sweeps that asked for them. */
import { type AttackCell, attackCells } from "./attack-cells.ts";
import { attackGrid, type Column, costList, liarsText } from "./attack-grid.ts";
import { initParts, regressionParts } from "./attack-init.ts";
import { rulesGrid, rulesIn, rulesSummary } from "./attack-rules.ts";
import { type Cell, hasRuns, type SweepCells } from "./cells.ts";
import { type MarkdownTable, markdownTable } from "./markdown.ts";
import { captionOf, DEFAULT_RULE, partitionName, whole } from "./names.ts";

/** Sweeps by what they are about, in the order of the page; and `alone`, which is `algorithm: local`. */
export interface AttackSweeps {
  /** The task that `hearsay init` writes, under all attacks. */
  readonly init: SweepCells;
  /** A regression with and without what it writes. */
  readonly regression: SweepCells;
  /** The default rule under strong attacks. */
  readonly matrix: SweepCells;
  /** The same under all others, on other splits and with fewer liars. */
  readonly more: SweepCells;
  /** The default rule and others. */
  readonly rules: SweepCells;
  readonly twoWorlds: SweepCells;
  readonly mnist: SweepCells;
  readonly many: SweepCells;
  readonly alone: SweepCells;
}

/** What stands between the marks of the page, by their names. Parts without a run are left out, so that what the page has of them stays. */
export function attackReport({ alone, init, regression, ...sweeps }: AttackSweeps): ReadonlyMap<string, string> {
  const parts = [
    { mark: "matrix", title: "", sweep: sweeps.matrix },
    { mark: "more", title: "more attacks", sweep: sweeps.more },
    { mark: "rules", title: "more rules", sweep: sweeps.rules },
    { mark: "two-worlds", title: "two worlds", sweep: sweeps.twoWorlds },
    { mark: "200-peers", title: "200 peers", sweep: sweeps.many },
    { mark: "mnist", title: "MNIST", sweep: sweeps.mnist },
  ];
  const begun = parts.filter(({ sweep }) => hasRuns(sweep));
  return new Map([
    ...(hasRuns(alone) ? [["attacks", intro(alone)] as const] : []),
    ...(hasRuns(init)
      ? [["init", initParts(init, [sweeps.matrix, sweeps.more], alone.cells).join("\n\n")] as const]
      : []),
    ...(hasRuns(regression) ? [["regression", regressionParts(regression, alone.cells).join("\n\n")] as const] : []),
    ...begun.map(({ mark, title, sweep }) => [mark, partsOf(title, sweep, alone.cells).join("\n\n")] as const),
  ]);
}

/** The cut for every day: one table, graphs across, and which lies cost something. */
export function attackCut(cut: SweepCells, alone: readonly Cell[]): { table: MarkdownTable; notes: string } {
  const cells = attackCells(cut.cells);
  return { table: attackGrid(cells, graphColumns(cells), alone), notes: costList(cells, ({ graph }) => graph) };
}

function intro(alone: SweepCells): string {
  const begun = alone.cells.filter(({ outcomes }) => outcomes.length > 0);
  return [
    "Each cell is `mean accuracy ± interval / worst peer ± interval`, in percent: the mean over the honest peers of a run, and the worst single one of",
    "a run, each with its 95 % interval over the seeds (Student's t). After a backdoor also: the share of triggered test rows that go where the",
    "attacker wants them. Where runs are missing, … and how many.",
    "",
    "*Without attack* all peers are honest. *Liars silent*: the same liars say nothing, so that their data are missing and nobody lies; its cost is what",
    "that is worth against no liars. The cost of an attack is what it lacks, in points of the mean accuracy, to silent liars under the same",
    "seed: what the lies do. **Bold**: the whole interval is above 0. *Alone*, each peer trains as long on its own data, and hears of nobody",
    `(${captionOf({ ...alone, cells: begun })}).`,
  ].join("\n");
}

/** How some cells of a sweep came about. */
type Caption = (cells: readonly AttackCell[]) => string;

/** One table for each partition and share of liars with graphs across, then the rules where there are several. */
function partsOf(title: string, sweep: SweepCells, alone: readonly Cell[]): string[] {
  const all = attackCells(sweep.cells);
  const heading = (partition: string) => [partitionName(partition), title].filter((part) => part !== "").join(", ");
  return unique(all.map(({ partition }) => partition)).flatMap((partition) => {
    const here = all.filter((cell) => cell.partition === partition);
    const caption: Caption = (cells) => captionOf({ ...sweep, cells: cells.map(({ cell }) => cell) });
    const shares = unique(here.filter(({ share }) => share > 0).map(({ share }) => share));
    const own = here.filter(({ rule }) => rule === DEFAULT_RULE);
    const name = heading(partition);
    return [
      ...shares.flatMap((share) => {
        const graphs = new Set(own.filter((cell) => cell.share === share).map(({ graph }) => graph));
        const cells = own.filter((cell) => graphs.has(cell.graph) && (cell.share === share || cell.share === 0));
        if (cells.length === 0) return [];
        return [
          `### The default rule, ${name}, ${whole(share)} % of liars`,
          `${caption(cells)}; ${liarsText(cells)}.`,
          markdownTable(attackGrid(cells, graphColumns(cells), alone)),
          costList(cells, ({ graph }) => graph),
        ];
      }),
      ...unique(here.map(({ graph }) => graph)).flatMap((graph) =>
        shares.flatMap((share) =>
          rulesPart(
            `${name}, ${graph}, ${whole(share)} % of liars`,
            here.filter((cell) => cell.graph === graph && (cell.share === share || cell.share === 0)),
            caption,
          ),
        ),
      ),
    ];
  });
}

/** @param all under one share of liars, and without. Nothing where none lie, or where one rule only has met them. */
function rulesPart(name: string, all: readonly AttackCell[], caption: Caption): string[] {
  const attacked = new Set(all.filter(({ share }) => share > 0).map(({ rule }) => rule));
  const others = all.filter(({ rule }) => rule !== DEFAULT_RULE && attacked.has(rule));
  const known = new Set(others.map((cell) => `${cell.name}/${cell.share}`));
  const cells = all.filter((cell) => attacked.has(cell.rule) && known.has(`${cell.name}/${cell.share}`));
  if (rulesIn(cells).length < 2) return [];
  return [
    `### Rules, ${name}`,
    `${caption(cells)}; ${liarsText(cells)}. Differences are paired by seed.`,
    markdownTable(rulesSummary(cells)),
    markdownTable(rulesGrid(cells)),
  ];
}

function graphColumns(cells: readonly AttackCell[]): Column[] {
  return unique(cells.map(({ graph }) => graph)).map((graph) => ({
    title: graph,
    holds: (cell) => cell.graph === graph,
  }));
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
