/** Ways of training on skewed data, with and without liars: options of the task beside one another. */
import { formatBytes } from "../../protocol/base/figures.ts";
import { lineChart } from "../report/plots.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import type { Cell } from "./cells.ts";
import { aggregationOf, attackName, captionOf, DEFAULT_RULE, partitionName, type SweepCells } from "./names.ts";
import type { Figure, Section } from "./section.ts";
import { accuracyOf, cyclesOf, lineOf, overSeeds, percentText } from "./series.ts";

export function skewedTrainingSection(sweep: SweepCells): Section {
  const { cells } = sweep;
  const ways = [...new Set(cells.map(({ scenario }) => wayOf(scenario)))];
  const places = [...new Set(cells.map(({ scenario }) => placeOf(scenario)))];
  const at = (place: string, way: string) =>
    cells.find(({ scenario }) => placeOf(scenario) === place && wayOf(scenario) === way);
  return {
    title: "Ways of training",
    caption: `Accuracy in percent: mean over seeds of the mean of the honest peers ± 95 % interval / mean over seeds of the worst peer, and the worst of all seeds. ${captionOf(sweep)}.`,
    table: {
      head: ["data, graph, attack", ...ways],
      rows: places.map((place) => [place, ...ways.map((way) => textOf(at(place, way)))]),
    },
    notes: bytesText(ways, (way) => at(places[0] ?? "", way)),
    figures: figuresOf(cells),
  };
}

/** `92.8 ± 0.6 / 90.1 (88.9)`. */
function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return "";
  const mean = overSeeds(cell, (_, { summary }) => summary.final.accuracy.mean, percentText);
  if (cell.outcomes.length < cell.wanted) return mean;
  const worst = cell.outcomes.map(({ summary }) => summary.final.accuracy.worst);
  const typical = worst.reduce((sum, one) => sum + one, 0) / worst.length;
  return `${mean} / ${percentText(typical)} (${percentText(Math.min(...worst))})`;
}

function bytesText(ways: readonly string[], cellOf: (way: string) => Cell | undefined): string {
  const sent = ways.map((way) => {
    const bytes = overSeeds(cellOf(way), (series) => series.at(-1)?.bytesPerPeer, formatBytes);
    return `${way} ${bytes}`;
  });
  return `Bytes that a peer sends in a whole run of the first row: ${sent.join("; ")}.`;
}

function placeOf(scenario: Scenario): string {
  const { attack, partition, network, data } = scenario;
  const { topology } = network;
  const graph =
    topology.kind === "random" && topology.degree < scenario.peers - 1 ? `degree ${topology.degree}` : "complete";
  const lies = attack === undefined ? "" : `, ${attackName(scenario)} ${100 * attack.share} %`;
  return `${data.set}, ${partitionName(partition)}, ${graph}${lies}`;
}

/** What a scenario names of training, rule and algorithm beyond steps: `outerMomentum 0.8`. */
function wayOf(scenario: Scenario): string {
  const { kind } = scenario.algorithm;
  if (kind !== "hearsay") return kind;
  const { steps: _, ...training } = (scenario.task.training ?? {}) as Record<string, unknown>;
  const { rule } = aggregationOf(scenario);
  const named = Object.entries(training).map(([name, value]) => `${name} ${String(value)}`);
  return [...(rule === DEFAULT_RULE ? [] : [rule]), ...named].join(", ") || "as it was";
}

/** Accuracy over cycles of all ways, on each split without liars. */
function figuresOf(cells: readonly Cell[]): Figure[] {
  const honest = [
    ...new Set(cells.filter(({ scenario }) => scenario.attack === undefined).map(({ scenario }) => placeOf(scenario))),
  ];
  return honest.flatMap((place) => {
    const lines = cells.filter(({ scenario }) => placeOf(scenario) === place);
    const series = lines.flatMap((cell, i) => lineOf(wayOf(cell.scenario), cell, cyclesOf, accuracyOf, i));
    if (series.length < 3) return []; // the other rows say enough
    const title = `Accuracy over cycles, ${place}`;
    const y = { label: "accuracy", percent: true, domain: [0, 1] } as const;
    const name = `skew-${place.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "-")}`;
    return [{ name, about: title, svg: lineChart({ title, x: { label: "cycles" }, y, series }) }];
  });
}
