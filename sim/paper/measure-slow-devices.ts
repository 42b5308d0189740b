/** Slow devices, where all take all steps of a training, and where slow ones take fewer. */
import { formatBytes, mean } from "../../protocol/base/figures.ts";
import { stragglersOf } from "../devices/device.ts";
import { lineChart } from "../report/plots.ts";
import { meanInterval } from "../report/statistics.ts";
import { deviceRngOf } from "../run/setup.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { type Cell, missingOf, missingText, type Outcome, type SweepCells } from "./cells.ts";
import { endText, intervalText } from "./intervals.ts";
import { attackName, captionOf } from "./names.ts";
import type { Section } from "./section.ts";
import { accuracyOf, bytesOf, lineOf, overSeeds, reachedAt, secondsOf } from "./series.ts";

/** Mean accuracy to which time and bytes are counted. */
const TARGET = 0.9;

export function slowDevicesSection(sweep: SweepCells): Section {
  const goal = `${100 * TARGET} %`;
  return {
    title: "Steps of slow devices",
    caption:
      `Accuracy in percent, mean / worst peer; virtual seconds and bytes sent by a peer until the mean accuracy is ${goal}, bytes and cycles of a peer in the whole run (also those of merges without a training): ` +
      `mean ± 95 % interval; Dirichlet 0.5. ${captionOf(sweep)}.`,
    table: {
      head: [
        "devices, attack",
        "steps",
        "at the end",
        "slow less fast, points",
        `seconds to ${goal}`,
        `bytes to ${goal}`,
        "bytes in all",
        "cycles",
      ],
      rows: sweep.cells.map((cell) => [
        whereOf(cell.scenario),
        stepsName(cell.scenario),
        endText(cell),
        slowLessFast(cell),
        overSeeds(cell, (series) => reachedAt(series, TARGET, secondsOf)),
        overSeeds(cell, (series) => reachedAt(series, TARGET, bytesOf), formatBytes),
        overSeeds(cell, (series) => series.at(-1)?.bytesPerPeer, formatBytes),
        overSeeds(cell, (series) => series.at(-1)?.cycles),
      ]),
    },
    figures: figureOf(sweep.cells),
  };
}

/** By how much the slow devices are better than the others at the end. */
function slowLessFast(cell: Cell): string {
  const { share } = cell.scenario.devices.stragglers;
  if (share === 0) return "";
  if (missingOf(cell) > 0) return missingText(cell);
  const interval = meanInterval(cell.outcomes.map((outcome) => differenceIn(cell.scenario, outcome)));
  return interval === undefined ? "–" : intervalText(interval);
}

function differenceIn({ devices, peers }: Scenario, { summary: { seed }, peers: rows }: Outcome): number | undefined {
  const isSlow = stragglersOf(devices, peers, deviceRngOf({ seed }));
  const of = (slow: 0 | 1) =>
    rows.flatMap(({ index, accuracy }) => (accuracy === undefined || isSlow[index] !== slow ? [] : [accuracy]));
  const [slow, fast] = [of(1), of(0)];
  return slow.length === 0 || fast.length === 0 ? undefined : mean(slow) - mean(fast);
}

function whereOf(scenario: Scenario): string {
  const { share, slowdown } = scenario.devices.stragglers;
  const slow = Math.round(share * scenario.peers);
  const devices = slow === 0 ? "alike" : `${slow} of ${scenario.peers} slower by ${slowdown}`;
  return `${devices}, ${attackName(scenario)}`;
}

function stepsName({ task }: Scenario): string {
  return (task.training as { readonly adaptive?: true } | undefined)?.adaptive ? "adaptive" : "all";
}

function figureOf(cells: readonly Cell[]): Section["figures"] {
  const honest = cells.filter(({ scenario }) => scenario.attack === undefined);
  const name = ({ scenario }: Cell) => `${whereOf(scenario).replace(/, none$/, "")}, ${stepsName(scenario)}`;
  const series = honest.flatMap((cell, i) => lineOf(name(cell), cell, secondsOf, accuracyOf, i));
  if (series.length === 0) return [];
  const title = "Accuracy over time, by the steps of slow devices";
  const y = { label: "accuracy", percent: true, domain: [0, 1] } as const;
  return [
    { name: "slow-devices", about: title, svg: lineChart({ title, x: { label: "virtual seconds" }, y, series }) },
  ];
}
