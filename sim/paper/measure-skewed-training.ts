/** Ways of training on skewed data, with and without liars: options of the task beside one another. */
import { formatBytes } from "../../protocol/base/figures.ts";
import { textOf } from "../compare/sweep.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import type { Cell } from "./cells.ts";
import { endText } from "./intervals.ts";
import {
  aggregationOf,
  attackName,
  captionOf,
  DEFAULT_RULE,
  graphName,
  partitionName,
  type SweepCells,
} from "./names.ts";
import type { Section } from "./section.ts";
import { overSeeds } from "./series.ts";

export function skewedTrainingSection(sweep: SweepCells): Section {
  const { cells } = sweep;
  const ways = [...new Set(cells.map(({ scenario }) => wayOf(scenario)))];
  const places = [...new Set(cells.map(({ scenario }) => placeOf(scenario)))];
  const at = (place: string, way: string) =>
    cells.find(({ scenario }) => placeOf(scenario) === place && wayOf(scenario) === way);
  return {
    title: "Ways of training",
    caption: `Accuracy in percent at the end, mean / worst honest peer: mean over seeds ± 95 % interval. ${captionOf(sweep)}.`,
    table: {
      head: ["data, graph, attack", ...ways],
      rows: places.map((place) => [
        place,
        ...ways.map((way) => (at(place, way) === undefined ? "" : endText(at(place, way)))),
      ]),
    },
    notes: bytesText(ways, (way) => at(places[0] ?? "", way)),
    figures: [],
  };
}

function bytesText(ways: readonly string[], cellOf: (way: string) => Cell | undefined): string {
  const sent = ways.map((way) => {
    const bytes = overSeeds(cellOf(way), (series) => series.at(-1)?.bytesPerPeer, formatBytes);
    return `${way} ${bytes}`;
  });
  return `Bytes that a peer sends in a whole run of the first row: ${sent.join("; ")}.`;
}

function placeOf(scenario: Scenario): string {
  const { attack, partition, data } = scenario;
  const lies = attack === undefined ? "" : `, ${attackName(scenario)} ${100 * attack.share} %`;
  return `${data.set}, ${partitionName(partition)}, ${graphName(scenario)}${lies}`;
}

/** What a scenario names of training, rule and algorithm beyond steps: `outerMomentum 0.8`. */
function wayOf(scenario: Scenario): string {
  const { kind } = scenario.algorithm;
  if (kind !== "hearsay") return kind;
  const { steps: _, ...training } = (scenario.task.training ?? {}) as Record<string, unknown>;
  const { rule } = aggregationOf(scenario);
  const { mostLoss } = (scenario.task.aggregation ?? {}) as Record<string, unknown>;
  const options = Object.entries({ ...training, ...(mostLoss !== undefined && { mostLoss }) });
  const named = options.map(([name, value]) => `${name} ${textOf(value)}`);
  return [...(rule === DEFAULT_RULE ? [] : [rule]), ...named].join(", ") || "as it was";
}
