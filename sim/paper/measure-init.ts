/** The task that `hearsay init` writes, as it is: what it reaches, when, and for how many bytes. */
import { formatBytes } from "../../protocol/base/figures.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { AS_WRITTEN, changesText } from "./as-written.ts";
import type { Cell, SweepCells } from "./cells.ts";
import { endText, intervalText, pairedDifference } from "./intervals.ts";
import { captionOf, liesName, partitionName } from "./names.ts";
import type { Section } from "./section.ts";
import { bytesOf, cyclesOf, overSeeds, reachedAt, secondsOf } from "./series.ts";

/** Mean accuracy to which time and bytes are counted. */
const TARGET = 0.9;

/** What other codecs are compared with, where it was run. */
const REFERENCE = "f32";

export function initSection(sweep: SweepCells, title: string): Section {
  const goal = `${100 * TARGET} %`;
  return {
    title,
    caption:
      `Rows *${AS_WRITTEN}* have the task of \`hearsay init\`, others what they name in place of it. Accuracy in percent at the end, mean / worst honest peer, by the models that predictions are made with and by the newest; how much more that is than with ${REFERENCE} on the same data under the same seed, in points; ` +
      `virtual seconds, cycles and bytes sent by a peer until the mean accuracy is ${goal}, and bytes in the whole run: mean over seeds ± 95 % interval. ${captionOf(sweep)}.`,
    table: {
      head: [
        "data, devices, attack",
        "task",
        "at the end",
        "newest models",
        `more than ${REFERENCE}`,
        `seconds to ${goal}`,
        `cycles to ${goal}`,
        `bytes to ${goal}`,
        "bytes in all",
      ],
      rows: sweep.cells.map((cell) => [
        placeOf(cell.scenario),
        changesText(cell.scenario.task, sweep.cells[0]?.scenario.task),
        endText(cell),
        endText(cell, ({ summary }) => summary.models?.raw),
        moreThanReference(cell, sweep.cells),
        overSeeds(cell, (series) => reachedAt(series, TARGET, secondsOf)),
        overSeeds(cell, (series) => reachedAt(series, TARGET, cyclesOf)),
        overSeeds(cell, (series) => reachedAt(series, TARGET, bytesOf), formatBytes),
        overSeeds(cell, (series) => series.at(-1)?.bytesPerPeer, formatBytes),
      ]),
    },
    figures: [],
  };
}

/** `-0.1 ± 0.1 / 0.2 ± 0.5`: in the mean, and at the worst peer of each run. Empty where nothing is there to compare with. */
function moreThanReference(cell: Cell, cells: readonly Cell[]): string {
  const reference = cells.find(
    ({ scenario }) =>
      placeOf(scenario) === placeOf(cell.scenario) &&
      changesText(scenario.task, cell.scenario.task) === `codec ${REFERENCE}`,
  );
  if (reference === undefined) return "";
  const more = (["mean", "worst"] as const).map((figure) =>
    pairedDifference(cell, reference, ({ summary }) => summary.final.accuracy[figure]),
  );
  return more.map((interval) => (interval === undefined ? "…" : intervalText(interval))).join(" / ");
}

/** `Dirichlet 0.5, 9 of 30 slower by 20, sign-flip 10 %`. */
function placeOf(scenario: Scenario): string {
  const { attack, devices, partition, peers } = scenario;
  const slow = Math.round(devices.stragglers.share * peers);
  return [
    partitionName(partition),
    ...(slow === 0 ? [] : [`${slow} of ${peers} slower by ${devices.stragglers.slowdown}`]),
    ...(attack === undefined ? [] : [liesName(scenario)]),
  ].join(", ");
}
