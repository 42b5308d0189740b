/** Accuracy against the skew of the labels. */
import { lineChart } from "../report/plots.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, type SweepCells, scoreOf } from "./cells.ts";
import { endText } from "./intervals.ts";
import { captionOf, graphName, partitionName, ruleName } from "./names.ts";
import type { Figure, Section } from "./section.ts";
import { accuracyOf, lineOf, secondsOf } from "./series.ts";

/** Where iid stands on the axis of alpha, which it is the limit of. */
const IID_AT = 50;

interface Skew {
  readonly partitions: readonly string[];
  /** Rules on graphs, and training alone. */
  readonly ways: readonly string[];
  cellAt(partition: string, way: string): Cell | undefined;
}

export function skewSection(sweep: SweepCells): Section {
  const { cells } = sweep;
  const skew: Skew = {
    partitions: [...new Set(cells.map(({ scenario }) => scenario.partition))],
    ways: [...new Set(cells.map(({ scenario }) => wayOf(scenario)))],
    cellAt: (partition, way) =>
      cells.find(({ scenario }) => scenario.partition === partition && wayOf(scenario) === way),
  };
  const { partitions, ways, cellAt } = skew;
  return {
    title: "Label skew",
    caption: `Accuracy in percent, mean ± 95 % interval / worst peer ± interval (peers alone: running means come to the same as the newest models). ${captionOf(sweep)}.`,
    table: {
      head: ["partition", ...ways],
      rows: partitions.map((partition) => [
        partitionName(partition),
        ...ways.map((way) => endText(cellAt(partition, way))),
      ]),
    },
    figures: [...alphaFigure(skew), ...timeFigure(skew)],
  };
}

const ACCURACY = { label: "accuracy", percent: true, domain: [0, 1] } as const;

/** The graph of the first way, and peers alone. None where there is no cell to draw. */
function alphaFigure({ partitions, ways: all, cellAt }: Skew): Figure[] {
  const graph = graphOf(all[0]);
  const ways = all.filter((way) => [graph, ""].includes(graphOf(way)));
  const series = ways.flatMap((way, style) =>
    (["mean", "worst"] as const).flatMap((figure) => {
      const points = partitions
        .flatMap((partition) => pointOf(cellAt(partition, way), figure))
        .sort(([a], [b]) => a - b);
      if (points.length === 0) return [];
      return [
        { label: figure === "mean" ? way : `${way}, worst peer`, points, style: figure === "mean" ? style : style + 3 },
      ];
    }),
  );
  if (series.length === 0) return [];
  const x = { label: `alpha of the Dirichlet split; iid at ${IID_AT}` };
  const svg = lineChart({ title: "Accuracy against label skew", x, y: ACCURACY, series, xType: "log" });
  return [{ name: "skew", about: "Accuracy against alpha of the Dirichlet split", svg }];
}

/** None where there is no cell to draw. */
function timeFigure({ partitions, ways, cellAt }: Skew): Figure[] {
  const series = partitions.flatMap((partition, i) =>
    lineOf(partitionName(partition), cellAt(partition, ways[0] ?? ""), secondsOf, accuracyOf, i),
  );
  if (series.length === 0) return [];
  const svg = lineChart({ title: `${ways[0]}, by split`, x: { label: "virtual seconds" }, y: ACCURACY, series });
  return [{ name: "skew-time", about: `Accuracy over time, ${ways[0]}, for each split`, svg }];
}

/** What stands behind the comma; nothing of peers alone. */
function graphOf(way: string = ""): string {
  return way.split(", ").slice(1).join(", ");
}

/** "mean, worst peer" would be hard to read. */
const NAMES: Readonly<Record<string, string>> = { mean: "plain mean" };

function wayOf(scenario: Scenario): string {
  const rule = ruleName(scenario);
  return scenario.algorithm.kind === "local" ? "alone" : `${NAMES[rule] ?? rule}, ${graphName(scenario)}`;
}

function pointOf(cell: Cell | undefined, figure: "mean" | "worst"): [number, number][] {
  const score = cell && scoreOf(cell);
  const alpha =
    cell?.scenario.partition === "iid" ? IID_AT : Number(/^dirichlet:(.*)$/.exec(cell?.scenario.partition ?? "")?.[1]);
  return score === undefined || !(alpha > 0) ? [] : [[alpha, score[figure]]];
}
