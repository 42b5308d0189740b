/** What gateways save on the lines between places, and what they cost in accuracy, with and without liars. */
import { formatBytes } from "../../protocol/base/figures.ts";
import type { Point } from "../run/report.ts";
import type { Cell, Outcome, SweepCells } from "./cells.ts";
import { endText, intervalText, paired, pairedDifference } from "./intervals.ts";
import { attackName, captionOf } from "./names.ts";
import type { Section } from "./section.ts";
import { overSeeds } from "./series.ts";

const hasGateways = ({ scenario }: Cell): boolean =>
  (scenario.task.aggregation as { readonly gateways?: boolean } | undefined)?.gateways === true;

/** Bytes of a peer to other places, in one of its cycles. */
const acrossOf = (point: Point | undefined): number | undefined =>
  point?.bytesAcrossPerPeer === undefined ? undefined : point.bytesAcrossPerPeer / point.cycles;

export function gatewaySection(sweep: SweepCells): Section {
  const { cells } = sweep;
  return {
    title: "Three places of eight",
    caption:
      "Accuracy in percent, mean / worst honest peer. *Lost*: points of the mean, paired by seed, to where each peer speaks for itself, with the same rows and liars (with false-release: with none). *Between places*: what an honest peer sends to other places in one of its cycles, " +
      `announcements, proofs and greetings included. *Times less*: paired by seed. ${captionOf(sweep)}.`,
    table: {
      head: ["rows", "liars", "speaks", "accuracy", "lost", "between places", "times less"],
      rows: cells.map((cell) => rowOf(cell, hasGateways(cell) ? withoutGateways(cells, cell) : undefined)),
    },
    figures: [],
  };
}

/** The same network where each peer speaks for itself: a liar that lies only as a gateway has no part to play there. */
function withoutGateways(cells: readonly Cell[], { scenario }: Cell): Cell | undefined {
  const { partition, attack } = scenario;
  const liars = attack?.kind === "false-release" ? undefined : attack?.kind;
  return cells.find((cell) => {
    const other = cell.scenario;
    return !hasGateways(cell) && other.partition === partition && other.attack?.kind === liars;
  });
}

/** @param each the cell to compare with, of a cell with gateways. */
function rowOf(cell: Cell, each: Cell | undefined): string[] {
  const across = overSeeds(cell, (series) => acrossOf(series.at(-1)), formatBytes);
  const { partition } = cell.scenario;
  const begin = [partition, attackName(cell.scenario), hasGateways(cell) ? "a gateway" : "each peer", endText(cell)];
  if (!hasGateways(cell)) return [...begin, "", across, ""];
  const lost = pairedDifference(each, cell);
  return [...begin, lost ? intervalText(lost) : "…", across, timesLess(each, cell)];
}

function timesLess(each: Cell | undefined, gateways: Cell | undefined): string {
  const bytesOf = ({ series }: Outcome) => acrossOf(series.at(-1)) ?? Number.NaN;
  const times = paired(each, gateways, (before, after) => bytesOf(before) / bytesOf(after));
  if (times === undefined) return "…";
  return [times.mean, ...(times.half === undefined ? [] : [times.half])].map((value) => value.toFixed(1)).join(" ± ");
}
