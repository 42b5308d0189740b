/** What bodies of fewer bits cost in accuracy, and save in bytes. */
import { formatBytes } from "../../protocol/base/figures.ts";
import { bytesChart } from "../report/curves.ts";
import type { Cell, SweepCells } from "./cells.ts";
import { endText, intervalText, pairedDifference } from "./intervals.ts";
import { captionOf, graphName, liesName, partitionName } from "./names.ts";
import type { Figure, Section } from "./section.ts";
import { accuracyOf, bytesOf, lineOf, overSeeds, reachedAt } from "./series.ts";

/** Mean accuracy to which bytes are counted. */
const TARGET = 0.9;

/** What the others are compared with. */
const REFERENCE = "f32";

export function codecSection(sweep: SweepCells): Section {
  const goal = `${100 * TARGET} %`;
  return {
    title: "Bits of a body",
    caption:
      `Accuracy in percent, mean / worst peer, and what the mean lacks to ${REFERENCE} on the same data and graph under the same seed; bytes sent by a peer until the mean accuracy is ${goal}, ` +
      `and in all: mean ± 95 % interval. ${captionOf(sweep)}.`,
    table: {
      head: [
        "graph",
        "data, attack",
        "codec",
        "at the end",
        `less than ${REFERENCE}`,
        `bytes to ${goal}`,
        "bytes in all",
      ],
      rows: sweep.cells.map((cell) => [
        graphName(cell.scenario),
        dataOf(cell),
        codecName(cell),
        endText(cell),
        lossText(cell, sweep.cells),
        overSeeds(cell, (series) => reachedAt(series, TARGET, bytesOf), formatBytes),
        overSeeds(cell, (series) => series.at(-1)?.bytesPerPeer, formatBytes),
      ]),
    },
    figures: figuresOf(sweep.cells),
  };
}

/** Points of the mean accuracy that are lost; below 0 where some were won. */
function lossText(cell: Cell, cells: readonly Cell[]): string {
  const reference = cells.find((one) => codecName(one) === REFERENCE && whereOf(one) === whereOf(cell));
  const less = reference === cell ? undefined : pairedDifference(reference, cell);
  return less === undefined ? "" : intervalText(less);
}

function whereOf(cell: Cell): string {
  return `${graphName(cell.scenario)}, ${dataOf(cell)}`;
}

function dataOf({ scenario }: Cell): string {
  return `${partitionName(scenario.partition)}, ${liesName(scenario)}`;
}

function codecName({ scenario }: Cell): string {
  return String(scenario.task.codec ?? REFERENCE);
}

/** Accuracy over bytes on all data without an attack, on the first graph. */
function figuresOf(all: readonly Cell[]): Figure[] {
  const [first] = all;
  const graph = first === undefined ? "" : graphName(first.scenario);
  const cells = all.filter(({ scenario }) => scenario.attack === undefined && graphName(scenario) === graph);
  return [...new Set(cells.map(dataOf))].flatMap((data) => {
    const lines = cells.filter((cell) => dataOf(cell) === data);
    const series = lines.flatMap((cell, i) => lineOf(codecName(cell), cell, bytesOf, accuracyOf, i));
    if (series.length === 0) return [];
    const name = partitionName(lines[0]?.scenario.partition ?? "");
    const y = { label: "accuracy", percent: true, domain: [0, 1] } as const;
    return [
      {
        name: `codecs-bytes-${name.toLowerCase().replaceAll(" ", "-")}`,
        about: `Accuracy over bytes of all codecs, ${name}, ${graph}`,
        svg: bytesChart(`Accuracy over bytes, ${name}, ${graph}`, y, series),
      },
    ];
  });
}
