/** Accuracy against the skew of the labels. */
import { lineChart } from "../report/plots.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, scoreOf } from "./cells.ts";
import { aggregationOf, captionOf, missingText, partitionName, type SweepCells, scoreText } from "./names.ts";
import type { Section } from "./section.ts";
import { accuracyOf, lineOf, secondsOf } from "./series.ts";

/** Where iid stands on the axis of alpha, which it is the limit of. */
const IID_AT = 50;

export function skewSection(sweep: SweepCells): Section {
  const { cells } = sweep;
  const partitions = [...new Set(cells.map(({ scenario }) => scenario.partition))];
  const ways = [...new Set(cells.map(({ scenario }) => wayOf(scenario)))];
  const at = (partition: string, way: string) =>
    cells.find(({ scenario }) => scenario.partition === partition && wayOf(scenario) === way);
  const lines = ways.flatMap((way, style) =>
    (["mean", "worst"] as const).flatMap((figure) => {
      const points = partitions.flatMap((partition) => pointOf(at(partition, way), figure)).sort(([a], [b]) => a - b);
      return points.length === 0
        ? []
        : [
            {
              label: figure === "mean" ? way : `${way}, worst peer`,
              points,
              style: figure === "mean" ? style : style + 3,
            },
          ];
    }),
  );
  const overTime = partitions.flatMap((partition, i) =>
    lineOf(partitionName(partition), at(partition, ways[0] ?? ""), secondsOf, accuracyOf, i),
  );
  const y = { label: "accuracy", percent: true, domain: [0, 1] } as const;
  return {
    title: "Label skew",
    caption: `Accuracy in percent, mean / worst peer of all seeds. ${captionOf(sweep)}.`,
    table: {
      head: ["partition", ...ways],
      rows: partitions.map((partition) => [
        partitionName(partition),
        ...ways.map((way) => {
          const cell = at(partition, way);
          const score = cell && scoreOf(cell);
          return score === undefined ? missingText(cell) : scoreText(score);
        }),
      ]),
    },
    figures: [
      ...(lines.length === 0
        ? []
        : [
            {
              name: "skew",
              about: "Accuracy against alpha of the Dirichlet split",
              svg: lineChart({
                title: "Accuracy against label skew",
                x: { label: `alpha of the Dirichlet split; iid at ${IID_AT}` },
                y,
                series: lines,
                xType: "log",
              }),
            },
          ]),
      ...(overTime.length === 0
        ? []
        : [
            {
              name: "skew-time",
              about: `Accuracy over time, ${ways[0]}, for each split`,
              svg: lineChart({ title: `${ways[0]}, by split`, x: { label: "virtual seconds" }, y, series: overTime }),
            },
          ]),
    ],
  };
}

/** "mean, worst peer" would be hard to read. */
const NAMES: Readonly<Record<string, string>> = { mean: "plain mean" };

function wayOf(scenario: Scenario): string {
  const { rule } = aggregationOf(scenario);
  return scenario.algorithm.kind === "local" ? "alone" : (NAMES[rule] ?? rule);
}

function pointOf(cell: Cell | undefined, figure: "mean" | "worst"): [number, number][] {
  const score = cell && scoreOf(cell);
  const alpha =
    cell?.scenario.partition === "iid" ? IID_AT : Number(/^dirichlet:(.*)$/.exec(cell?.scenario.partition ?? "")?.[1]);
  return score === undefined || !(alpha > 0) ? [] : [[alpha, score[figure]]];
}
