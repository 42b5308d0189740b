/** What a day's budget of bytes leaves of the accuracy. */
import { formatBytes } from "../../protocol/base/figures.ts";
import { byteLimitText, parseByteLimit, UNLIMITED } from "../../protocol/traffic/byte-limit.ts";
import { lineChart, type Series } from "../report/plots.ts";
import { meanInterval } from "../report/statistics.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, type SweepCells } from "./cells.ts";
import { endText } from "./intervals.ts";
import { attackName, captionOf, partitionName } from "./names.ts";
import type { Section } from "./section.ts";
import { overSeeds } from "./series.ts";

export function budgetSection(sweep: SweepCells, title: string): Section {
  const [first] = sweep.cells;
  return {
    title,
    caption:
      `Accuracy in percent after a virtual day, mean / worst peer; trainings of a peer, and bytes that it sent (about half of the budget: what it gets counts too): mean ± 95 % interval. ` +
      `${first === undefined ? "" : `${partitionName(first.scenario.partition)}. `}${captionOf(sweep)}.`,
    table: {
      head: ["budget", "codec", "attack", "after a day", "trainings", "bytes sent"],
      rows: sweep.cells.map((cell) => [
        budgetName(cell.scenario),
        codecName(cell.scenario),
        attackName(cell.scenario),
        endText(cell),
        overSeeds(cell, (series) => series.at(-1)?.cycles),
        overSeeds(cell, (series) => series.at(-1)?.bytesPerPeer, formatBytes),
      ]),
    },
    figures: figureOf(sweep.cells),
  };
}

function limitOf({ network: { budget = UNLIMITED } }: Scenario) {
  return parseByteLimit(budget);
}

function budgetName(scenario: Scenario): string {
  const limit = limitOf(scenario);
  return limit === undefined ? UNLIMITED : byteLimitText(limit);
}

function codecName({ task }: Scenario): string {
  return String(task.codec);
}

/** Accuracy against the budget, a line for each codec and attack. */
function figureOf(cells: readonly Cell[]): Section["figures"] {
  const groups = Map.groupBy(cells, ({ scenario }) => {
    const attack = attackName(scenario);
    return attack === "none" ? codecName(scenario) : `${codecName(scenario)}, ${attack}`;
  });
  const series = [...groups]
    .map(([label, group]) => lineOfBudgets(label, group))
    .filter(({ points }) => points.length > 0);
  if (series.length === 0) return [];
  const title = "Accuracy after a day, against the budget of bytes";
  const y = { label: "accuracy", percent: true, domain: [0, 1] } as const;
  return [
    { name: "budget", about: title, svg: lineChart({ title, x: { label: "bytes a day" }, y, series, xType: "log" }) },
  ];
}

function lineOfBudgets(label: string, cells: readonly Cell[]): Series {
  const found = cells.flatMap((cell) => {
    const limit = limitOf(cell.scenario);
    if (missingOf(cell) > 0 || limit === undefined) return [];
    const values = cell.outcomes.map(({ summary }) => summary.final.accuracy.mean);
    const mean = meanInterval(values)?.mean;
    return mean === undefined ? [] : [{ bytes: limit.bytes, mean, values }];
  });
  return {
    label,
    points: found.map(({ bytes, mean }) => [bytes, mean]),
    band: found.map(({ bytes, values }) => [bytes, Math.min(...values), Math.max(...values)]),
  };
}
