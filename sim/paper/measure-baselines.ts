/** Time and bytes to accuracy, against other ways of learning together. */
import { formatBytes } from "../../protocol/base/figures.ts";
import { bytesChart } from "../report/curves.ts";
import { lineChart } from "../report/plots.ts";
import type { Cell, SweepCells } from "./cells.ts";
import { endText } from "./intervals.ts";
import { BOTH_KINDS } from "./model-kinds.ts";
import { algorithmName, captionOf, graphName, partitionName } from "./names.ts";
import type { Figure, Section } from "./section.ts";
import { accuracyOf, bytesOf, lineOf, overSeeds, percentText, reachedAt, secondsOf, valueAt } from "./series.ts";

/** Bytes sent by a peer at which all are compared; a dash where the run ended before. */
const BUDGETS = [100e3, 300e3, 1e6];
/** They send nothing. */
const SILENT: readonly string[] = ["centralised", "local"];

/** One for each split and graph of which there is a run. */
export function baselineSections(sweep: SweepCells): Section[] {
  const begun = sweep.cells.filter(({ outcomes }) => outcomes.length > 0);
  return [...new Set(begun.map(placeOf))].map((place) => {
    const cells = sweep.cells.filter((cell) => placeOf(cell) === place);
    const target = cells[0]?.scenario.metrics.target ?? 0;
    const goal = `${100 * target} %`;
    return {
      title: `Against other algorithms, ${place}`,
      caption:
        `Accuracy at the end in percent, mean / worst peer; virtual seconds and bytes ` +
        `sent by a peer (FedAvg: with the server's to it) until the mean accuracy is ${goal}, and the accuracy at equal bytes, by the models that the algorithm predicts with ` +
        `(hearsay: running means, others: the newest): mean ± 95 % interval. ${captionOf({ ...sweep, cells })}.`,
      table: {
        head: [
          "algorithm",
          ...BOTH_KINDS.map(({ name }) => name),
          `seconds to ${goal}`,
          `bytes to ${goal}`,
          "bytes in all",
          ...BUDGETS.map((bytes) => `at ${formatBytes(bytes)}`),
        ],
        rows: cells.map((cell) => rowOf(cell, target)),
      },
      figures: figuresOf(cells, place),
    };
  });
}

function rowOf(cell: Cell, target: number): string[] {
  const silent = SILENT.includes(cell.scenario.algorithm.kind);
  return [
    algorithmName(cell.scenario),
    ...BOTH_KINDS.map(({ scored }) => endText(cell, scored)),
    overSeeds(cell, (series) => reachedAt(series, target, secondsOf)),
    silent ? "none" : overSeeds(cell, (series) => reachedAt(series, target, bytesOf), formatBytes),
    silent ? "none" : overSeeds(cell, (series) => series.at(-1)?.bytesPerPeer, formatBytes),
    ...BUDGETS.map((bytes) =>
      silent ? "" : overSeeds(cell, (series) => valueAt(series, bytes, bytesOf, accuracyOf), percentText),
    ),
  ];
}

/** `Dirichlet 0.1, degree 8`. */
function placeOf({ scenario }: Cell): string {
  return `${partitionName(scenario.partition)}, ${graphName(scenario)}`;
}

function figuresOf(cells: readonly Cell[], name: string): Figure[] {
  const y = { label: "accuracy", percent: true, domain: [0, 1] } as const;
  const file = name.toLowerCase().replace(/[^a-z0-9.]+/g, "-");
  const overTime = cells.flatMap((cell, i) => lineOf(algorithmName(cell.scenario), cell, secondsOf, accuracyOf, i));
  if (overTime.length === 0) return [];
  const overBytes = cells.flatMap((cell, i) =>
    SILENT.includes(cell.scenario.algorithm.kind)
      ? []
      : lineOf(algorithmName(cell.scenario), cell, bytesOf, accuracyOf, i),
  );
  return [
    {
      name: `baselines-time-${file}`,
      about: `Accuracy over time of all algorithms, ${name}`,
      svg: lineChart({ title: `Accuracy over time, ${name}`, x: { label: "virtual seconds" }, y, series: overTime }),
    },
    {
      name: `baselines-bytes-${file}`,
      about: `Accuracy over bytes of all algorithms, ${name}`,
      svg: bytesChart(`Accuracy over bytes, ${name}`, y, overBytes),
    },
  ];
}
