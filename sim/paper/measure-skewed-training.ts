/** Ways of training on skewed data, with and without liars: options of the task beside one another. */
import { formatBytes } from "../../protocol/base/figures.ts";
import { textOf } from "../compare/sweep.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import type { Cell } from "./cells.ts";
import { endText, intervalText, pairedDifference, type Scored } from "./intervals.ts";
import type { MarkdownTable } from "./markdown.ts";
import { type ModelKind, modelKindsOf } from "./model-kinds.ts";
import { aggregationOf, captionOf, graphName, liesName, partitionName, type SweepCells } from "./names.ts";
import type { Section } from "./section.ts";
import { overSeeds } from "./series.ts";

/** What was run where, and how. */
interface Ways {
  readonly ways: readonly string[];
  readonly places: readonly string[];
  /** One row of each. */
  readonly kinds: readonly ModelKind[];
  at(place: string, way: string): Cell | undefined;
}

export function skewedTrainingSection(sweep: SweepCells, title: string): Section {
  const { cells } = sweep;
  const shared = sharedOptions(cells);
  const wayOf = ({ algorithm: { kind }, ...scenario }: Scenario) =>
    kind === "hearsay" ? wayText(optionsOf(scenario).filter((option) => !shared.includes(option))) : kind;
  const all: Ways = {
    ways: [...new Set(cells.map(({ scenario }) => wayOf(scenario)))],
    places: [...new Set(cells.map(({ scenario }) => placeOf(scenario)))],
    kinds: modelKindsOf(cells),
    at: (place, way) => cells.find(({ scenario }) => placeOf(scenario) === place && wayOf(scenario) === way),
  };
  const common = shared.length === 0 ? "" : ` All tasks of hearsay: ${shared.join(", ")}.`;
  return {
    title,
    caption: `Accuracy in percent at the end, mean / worst honest peer: mean over seeds ± 95 % interval.${common} ${captionOf(sweep)}.`,
    table: all.ways.length > all.places.length ? waysDown(all) : placesDown(all),
    notes: bytesText(all),
    figures: [],
  };
}

function placesDown({ ways, places, kinds, at }: Ways): MarkdownTable {
  const isPair = ways.length === 2;
  const rowsOf = (place: string) =>
    kinds.map(({ name, scored }) => {
      const cells = ways.map((way) => at(place, way));
      const texts = cells.map((cell) => cellText(cell, scored));
      return [nameText(place, name), ...texts, ...(isPair ? [moreText(cells[1], cells[0], scored)] : [])];
    });
  const more = isPair ? ["the second has more, paired by seed"] : [];
  return { head: ["data, graph, attack", ...ways, ...more], rows: places.flatMap(rowsOf) };
}

/** `0.4 ± 0.1 / 0.9 ± 1.1`: by how many points the first is better, in the mean and at the worst peer of each run. */
function moreText(first: Cell | undefined, second: Cell | undefined, scored: Scored): string {
  const more = (["mean", "worst"] as const).map((figure) =>
    pairedDifference(first, second, (outcome) => scored(outcome)?.[figure] ?? Number.NaN),
  );
  return more.map((interval) => (interval === undefined ? "…" : intervalText(interval))).join(" / ");
}

function waysDown({ ways, places, kinds, at }: Ways): MarkdownTable {
  const rowsOf = (way: string) =>
    kinds.map(({ name, scored }) => [nameText(way, name), ...places.map((place) => cellText(at(place, way), scored))]);
  return { head: ["", ...places], rows: ways.flatMap(rowsOf) };
}

function nameText(row: string, kind: string): string {
  return kind === "" ? row : `${row}; ${kind}`;
}

function cellText(cell: Cell | undefined, scored: Scored): string {
  return cell === undefined ? "" : endText(cell, scored);
}

function bytesText({ ways, places: [place = ""], at }: Ways): string {
  const sent = ways.flatMap((way) => {
    const cell = at(place, way);
    return cell === undefined
      ? []
      : [`${way} ${overSeeds(cell, (series) => series.at(-1)?.bytesPerPeer, formatBytes)}`];
  });
  return `Bytes that a peer sends in a whole run of ${place}: ${sent.join("; ")}.`;
}

function placeOf(scenario: Scenario): string {
  const { attack, partition, data } = scenario;
  const lies = attack === undefined ? "" : `, ${liesName(scenario)}`;
  const name = data.set.replace(/^.*\/|\.csv$/g, "");
  return `${name}, ${partitionName(partition)}, ${graphName(scenario)}${lies}`;
}

/** What a scenario names of rule and training beyond steps: `guarded-median mix 0.3`, `outerMomentum 0.9`. */
function optionsOf(scenario: Pick<Scenario, "task">): string[] {
  const { steps: _, ...training } = (scenario.task.training ?? {}) as Record<string, unknown>;
  const { mostLoss } = (scenario.task.aggregation ?? {}) as Record<string, unknown>;
  const options = Object.entries({ ...training, ...(mostLoss !== undefined && { mostLoss }) });
  return [aggregationOf(scenario).rule, ...options.map(([name, value]) => `${name} ${textOf(value)}`)];
}

/** What all peers of all cells have. */
function sharedOptions(cells: readonly Cell[]): string[] {
  const [first, ...rest] = cells
    .filter(({ scenario: { algorithm } }) => algorithm.kind === "hearsay")
    .map(({ scenario }) => optionsOf(scenario));
  return first === undefined || rest.length === 0
    ? []
    : first.filter((option) => rest.every((one) => one.includes(option)));
}

function wayText(options: readonly string[]): string {
  return options.join(", ") || "as they are";
}
