/** Ways of training on skewed data, with and without liars: the task that `hearsay init` writes, beside itself with other options and beside other algorithms. */
import { formatBytes } from "../../protocol/base/figures.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import { AS_WRITTEN, changesText } from "./as-written.ts";
import { type Cell, missingOf, missingText, type SweepCells } from "./cells.ts";
import { endText, intervalText, pairedDifference, type Scored } from "./intervals.ts";
import type { MarkdownTable } from "./markdown.ts";
import { type ModelKind, modelKindsOf } from "./model-kinds.ts";
import { captionOf, liesName, partitionName } from "./names.ts";
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
  const written = cells[0]?.scenario.task;
  const wayOf = ({ algorithm: { kind }, task }: Scenario) => (kind === "hearsay" ? changesText(task, written) : kind);
  const all: Ways = {
    ways: [...new Set(cells.map(({ scenario }) => wayOf(scenario)))],
    places: [...new Set(cells.map(({ scenario }) => placeOf(scenario)))],
    kinds: modelKindsOf(cells),
    at: (place, way) => cells.find(({ scenario }) => placeOf(scenario) === place && wayOf(scenario) === way),
  };
  return {
    title,
    caption: `Accuracy in percent at the end, mean / worst honest peer: *${AS_WRITTEN}* by mean over seeds ± 95 % interval, the others by the mean over seeds and, in parentheses, by how many points it is more than *${AS_WRITTEN}*, paired by seed ± 95 % interval. ${captionOf(sweep)}.`,
    table: all.ways.length > all.places.length ? waysDown(all) : placesDown(all),
    notes: bytesText(all),
    figures: [],
  };
}

function placesDown(all: Ways): MarkdownTable {
  const rowsOf = (place: string) =>
    all.kinds.map((kind) => [nameText(place, kind), ...all.ways.map((way) => cellText(all, place, way, kind))]);
  return { head: ["data, attack", ...all.ways], rows: all.places.flatMap(rowsOf) };
}

function waysDown(all: Ways): MarkdownTable {
  const rowsOf = (way: string) =>
    all.kinds.map((kind) => [nameText(way, kind), ...all.places.map((place) => cellText(all, place, way, kind))]);
  return { head: ["", ...all.places], rows: all.ways.flatMap(rowsOf) };
}

function nameText(row: string, { name }: ModelKind): string {
  return name === "" ? row : `${row}; ${name}`;
}

/** `92.7 ± 2.1 / 91.9 ± 2.1`, or `89.7 (-3.0 ± 0.8) / 84.0 (-7.9 ± 3.1)` where it is not the first way. */
function cellText({ ways, at }: Ways, place: string, way: string, { scored }: ModelKind): string {
  const [cell, written] = [at(place, way), at(place, ways[0] ?? "")];
  if (cell === undefined) return "";
  if (cell === written || written === undefined) return endText(cell, scored);
  return (["mean", "worst"] as const).map((figure) => comparedText(cell, written, scored, figure)).join(" / ");
}

function comparedText(cell: Cell, written: Cell, scored: Scored, figure: "mean" | "worst"): string {
  const more = pairedDifference(cell, written, (outcome) => scored(outcome)?.[figure] ?? Number.NaN);
  const lacking = [cell, written].find((one) => missingOf(one) > 0);
  if (more === undefined) return lacking === undefined ? "–" : missingText(lacking);
  const [own = ""] = endText(cell, scored)
    .split(" / ")
    .slice(figure === "mean" ? 0 : 1);
  return `${own.replace(/ ±.*$/, "")} (${intervalText(more)})`;
}

/** Of the first way and of other algorithms: tasks with other options send as much. */
function bytesText({ ways, places: [place = ""], at }: Ways): string {
  const sent = ways.flatMap((way, i) => {
    const cell = at(place, way);
    if (cell === undefined || (i > 0 && cell.scenario.algorithm.kind === "hearsay")) return [];
    return [`${way} ${overSeeds(cell, (series) => series.at(-1)?.bytesPerPeer, formatBytes)}`];
  });
  return `Bytes that a peer sends in a whole run of ${place}: ${sent.join("; ")}.`;
}

/** `Dirichlet 0.1, mimic noise 0.5 20 %`. */
function placeOf(scenario: Scenario): string {
  const lies = scenario.attack === undefined ? "" : `, ${liesName(scenario)}`;
  return `${partitionName(scenario.partition)}${lies}`;
}
