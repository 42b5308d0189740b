/** False accusations: honest peers that a rule takes for liars, and whether rare data make it more likely. */
import { mean } from "../../protocol/base/figures.ts";
import { meanInterval } from "../report/statistics.ts";
import type { PeerRow } from "../run/report.ts";
import { type Cell, missingOf, missingText, type SweepCells } from "./cells.ts";
import { endText, intervalText } from "./intervals.ts";
import { aggregationOf, attackName, captionOf, partitionName } from "./names.ts";
import type { Section } from "./section.ts";

/** The share of the honest peers that counts as those with the rarest data: in digits-rare, the three that hold all the nines. */
const RAREST = 0.1;

export function accusationSection(sweep: SweepCells): Section {
  const whose = (figure: string) => [`${figure}: rarest`, "others", "liars"];
  return {
    title: "Honest peers that are taken for liars",
    caption:
      "In percent, with 95 % intervals over seeds. Left out, clipped, duplicate: share of the merges of honest peers in which a model of such a peer was removed as a whole, shortened, " +
      "or held to be a copy and shared its weight; influence: its mean share of the model that came of a merge it was in. Rarest: the tenth of the honest " +
      "peers whose labels the others have least (mean over them of the common share of rows); others: all other honest peers. In one digit alone, three of " +
      `30 peers hold all the nines and nothing else. Accuracy: mean / worst honest peer. ${captionOf(sweep)}.`,
    table: {
      head: ["rule, data, attack", ...COLUMNS.flatMap(({ name }) => whose(name)), "accuracy"],
      rows: sweep.cells.map((cell) => [nameOf(cell), ...(missingOf(cell) > 0 ? gaps(cell) : figures(cell))]),
    },
    figures: [],
  };
}

const COLUMNS: readonly { readonly name: string; readonly of: (peer: PeerRow) => number }[] = [
  { name: "left out", of: (peer) => shareOf(peer, "removed") },
  { name: "clipped", of: (peer) => shareOf(peer, "clipped") },
  { name: "duplicate", of: (peer) => shareOf(peer, "duplicate") },
  { name: "influence", of: ({ influence = 0 }) => influence },
];

function nameOf({ scenario }: Cell): string {
  const data = scenario.partition === "owner" ? "one digit alone" : partitionName(scenario.partition);
  return [aggregationOf(scenario).rule, data, attackName(scenario)].join(", ");
}

function gaps(cell: Cell): string[] {
  return [...COLUMNS.flatMap(() => ["", "", ""]), missingText(cell)];
}

function figures(cell: Cell): string[] {
  const groups = cell.outcomes.map(({ peers }) => groupsOf(peers));
  const texts = COLUMNS.flatMap(({ of }) =>
    (["rarest", "others", "liars"] as const).map((group) => {
      const means = groups.map((ofRun) => (ofRun[group].length === 0 ? undefined : mean(ofRun[group].map(of))));
      const interval = meanInterval(means);
      return interval === undefined ? "–" : intervalText(interval);
    }),
  );
  return [...texts, endText(cell)];
}

/** Peers of a run that anybody merged: the honest ones with the rarest data, the other honest ones, and the liars. */
export function groupsOf(peers: readonly PeerRow[]): Record<"rarest" | "others" | "liars", readonly PeerRow[]> {
  const merged = peers.filter(({ merges }) => Object.keys(merges).length > 0);
  const honest = merged.filter((peer) => peer.honest);
  const byRarity = honest.toSorted((a, b) => (a.overlap ?? 1) - (b.overlap ?? 1) || a.index - b.index);
  const count = Math.round(RAREST * honest.length);
  return {
    rarest: byRarity.slice(0, count),
    others: byRarity.slice(count),
    liars: merged.filter((peer) => !peer.honest),
  };
}

/** Share of the merges of a peer's models in which they met with this. */
function shareOf({ merges }: PeerRow, status: string): number {
  const total = Object.values(merges).reduce((sum, count) => sum + count, 0);
  return (merges[status] ?? 0) / total;
}
