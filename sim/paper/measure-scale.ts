/** How long until a network of many peers has learnt. */

import { formatBytes, formatNumber, isNumber } from "../../protocol/base/figures.ts";
import { lineChart, type Series } from "../report/plots.ts";
import { meanInterval } from "../report/statistics.ts";
import { type Cell, missingOf, type SweepCells } from "./cells.ts";
import { endText } from "./intervals.ts";
import { captionOf, partitionName } from "./names.ts";
import type { Section } from "./section.ts";
import { bytesOf, cyclesOf, type FigureOf, overSeeds, reachedAt, secondsOf } from "./series.ts";

export function scaleSection(sweep: SweepCells): Section {
  const cells = [...sweep.cells].sort((a, b) => a.scenario.peers - b.scenario.peers);
  const [first] = cells;
  const target = first?.scenario.metrics.target ?? 0;
  const until = (cell: Cell, figure: FigureOf, format?: (value: number) => string) =>
    overSeeds(cell, (series) => reachedAt(series, target, figure), format);
  const line = lineOfCells(cells, target);
  const [fewest = "", most = ""] = [first, cells.at(-1)].map((cell) => cell && formatNumber(cell.scenario.peers, 6));
  return {
    title: `From ${fewest} to ${most} peers`,
    caption:
      `Until the mean accuracy is ${100 * target} %: local trainings of a peer, virtual seconds, bytes sent by a peer; mean ± 95 % interval. ` +
      `${first === undefined ? "" : `${partitionName(first.scenario.partition)}, ${first.scenario.data.rowsPerPeer} rows a peer. `}${captionOf({ ...sweep, cells })}.`,
    table: {
      head: ["peers", "seeds", "cycles", "seconds", "bytes", "at the end"],
      rows: cells.map((cell) => [
        formatNumber(cell.scenario.peers, 6),
        String(cell.wanted),
        until(cell, cyclesOf),
        until(cell, secondsOf),
        until(cell, bytesOf, formatBytes),
        endText(cell),
      ]),
    },
    figures:
      line.points.length === 0
        ? []
        : [
            {
              name: "scale",
              about: `Cycles until the mean accuracy is ${100 * target} %, against the number of peers`,
              svg: lineChart({
                title: `Cycles to ${100 * target} % accuracy`,
                x: { label: "peers" },
                y: { label: "local trainings of a peer", zero: true },
                series: [line],
                xType: "log",
              }),
            },
          ],
  };
}

function lineOfCells(cells: readonly Cell[], target: number): Series {
  const found = cells.flatMap((cell) => {
    if (missingOf(cell) > 0) return [];
    const values = cell.outcomes.map(({ series }) => reachedAt(series, target, cyclesOf)).filter(isNumber);
    const mean = meanInterval(values)?.mean;
    return mean === undefined ? [] : [{ peers: cell.scenario.peers, mean, values }];
  });
  return {
    label: "cycles",
    points: found.map(({ peers, mean }) => [peers, mean]),
    band: found.map(({ peers, values }) => [peers, Math.min(...values), Math.max(...values)]),
  };
}
