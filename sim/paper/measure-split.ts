/** A network that falls apart for a while: what it costs, and how long until everybody agrees again. */
import { lineChart } from "../report/plots.ts";
import type { Point } from "../run/report.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, type SweepCells } from "./cells.ts";
import { captionOf, graphName, partitionName, partitionSeconds } from "./names.ts";
import type { Section } from "./section.ts";
import {
  accuracyOf,
  disagreementOf,
  type FigureOf,
  lineOf,
  overSeeds,
  percentText,
  secondsOf,
  valueAt,
} from "./series.ts";

/** Disagreement within this factor of the run that never fell apart is agreement. */
const AGREEMENT = 1.2;

export function splitSection(sweep: SweepCells): Section {
  const { cells } = sweep;
  const split = cells.filter(({ scenario }) => scenario.network.partitions.length > 0);
  const [first] = split;
  const [from, to] = first ? partitionSeconds(first.scenario) : [0, 0];
  const pairs = split.map((cell) => ({ cell, whole: wholeOf(cell, cells), name: placeOf(cell.scenario) }));
  const at = (seconds: number, figure: FigureOf) => (series: readonly Point[]) =>
    valueAt(series, seconds, secondsOf, figure);
  return {
    title: "A network in two halves",
    caption:
      `Two halves without a link from ${from} to ${to} virtual seconds; accuracy in percent, disagreement: mean distance of a peer's model from the ` +
      `mean of all, over its length; mean ± 95 % interval over seeds; after the slash: the same run without the split. Agreed again: when disagreement ` +
      `first is within ${AGREEMENT} times that of the run without. ${captionOf(sweep)}.`,
    table: {
      head: [
        "data, graph",
        `accuracy before (${from} s)`,
        `in two halves (${to} s)`,
        "at the end",
        `disagreement (${to} s)`,
        "seconds to agree again",
      ],
      rows: pairs.map(({ cell, whole, name }) => {
        const end = cell.scenario.cycles * cell.scenario.devices.cycleSeconds;
        const both = (seconds: number, figure: FigureOf, format?: (value: number) => string) =>
          [cell, whole].map((one) => overSeeds(one, at(seconds, figure), format)).join(" / ");
        return [
          name,
          overSeeds(cell, at(from, accuracyOf), percentText),
          both(to, accuracyOf, percentText),
          both(end, accuracyOf, percentText),
          both(to, disagreementOf),
          whole === undefined || missingOf(whole) > 0
            ? "…"
            : overSeeds(cell, (series, { summary }) => agreedAfter(series, seriesOf(whole, summary.seed), to)),
        ];
      }),
    },
    figures: pairs.flatMap(({ cell, whole, name }) =>
      FIGURES.flatMap(({ title, about, of, axis }) => {
        const series = [
          ...lineOf("in two halves for a while", cell, secondsOf, of),
          ...lineOf("whole all the time", whole, secondsOf, of),
        ];
        if (series.length < 2) return [];
        const file = `split-${about}-${name.toLowerCase().replace(/[^a-z0-9.]+/g, "-")}`;
        const svg = lineChart({ title: `${title}, ${name}`, x: { label: "virtual seconds" }, y: axis, series });
        return [{ name: file, about: `${title} over time, ${name}, with and without the split`, svg }];
      }),
    ),
  };
}

const FIGURES = [
  { title: "Accuracy", about: "accuracy", of: accuracyOf, axis: { label: "accuracy", percent: true, domain: [0, 1] } },
  { title: "Disagreement", about: "disagreement", of: disagreementOf, axis: { label: "disagreement", zero: true } },
] as const;

/** Virtual seconds from the end of the split to agreement; undefined where it does not come. */
export function agreedAfter(
  series: readonly Point[],
  reference: readonly Point[],
  healedSeconds: number,
): number | undefined {
  const agreed = series.find((point, i) => {
    const other = reference[i];
    return (
      point.seconds >= healedSeconds && other !== undefined && point.disagreement <= AGREEMENT * other.disagreement
    );
  });
  return agreed && agreed.seconds - healedSeconds;
}

/** The cell of the same data and graph whose network stays whole. */
function wholeOf({ scenario }: Cell, cells: readonly Cell[]): Cell | undefined {
  return cells.find(
    (other) => other.scenario.network.partitions.length === 0 && placeOf(other.scenario) === placeOf(scenario),
  );
}

function placeOf(scenario: Scenario): string {
  return `${dataName(scenario)}, ${graphName(scenario)}`;
}

function seriesOf({ outcomes }: Cell, seed: number): readonly Point[] {
  return outcomes.find(({ summary }) => summary.seed === seed)?.series ?? [];
}

/** Two owners are two halves of the network, each with its own labels. */
export function dataName({ partition }: Scenario): string {
  return partition === "owner" ? "five digits each" : partitionName(partition);
}
