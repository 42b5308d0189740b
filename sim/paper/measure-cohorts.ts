/** What cohorts cost in accuracy and bytes, and how much of what a rule sees one liar in ten, or in five, poisons. */
import { formatBytes } from "../../protocol/base/figures.ts";
import { thresholdOf } from "../../protocol/cohort/roster.ts";
import type { Cell, SweepCells } from "./cells.ts";
import { endText } from "./intervals.ts";
import { attackName, captionOf, graphName } from "./names.ts";
import type { Section } from "./section.ts";
import { overSeeds, percentText } from "./series.ts";

/** Peers whose models are summed; 1 where each publishes its own. */
function sizeIn({ scenario }: Cell): number {
  const privacy = scenario.task.privacy as { readonly cohort?: { readonly size?: number } } | undefined;
  return privacy?.cohort?.size ?? 1;
}

const shareIn = ({ scenario }: Cell): number => scenario.attack?.share ?? 0;

/** What a row is about. */
const rowName = (cell: Cell): string => `${graphName(cell.scenario)}/${sizeIn(cell)}/${shareIn(cell)}`;

export function cohortSection(sweep: SweepCells): Section {
  const { cells } = sweep;
  const attacks = [...new Set(cells.filter((cell) => shareIn(cell) > 0).map(({ scenario }) => attackName(scenario)))];
  const rows = [...new Set(cells.map(rowName))];
  return {
    title: "Cohorts under attack",
    caption:
      "Accuracy in percent, mean / worst honest peer. *Poisoned*: share of cohorts with a liar in them, 1 - (1 - f)^size. *Privacy set*: members whose models are only known as a sum, " +
      "with a coordinator and as many others in league as the session stands; without a lying coordinator it is the size less those in league. " +
      `*Bytes*: what a peer sends in a cycle, all in all. ${captionOf(sweep)}.`,
    table: {
      head: ["graph", "size", "f", "poisoned", "privacy set", "bytes", "none", ...attacks],
      rows: rows.map((row) =>
        rowOf(
          cells.filter((cell) => rowName(cell) === row),
          attacks,
        ),
      ),
    },
    figures: [],
  };
}

function rowOf(cells: readonly Cell[], attacks: readonly string[]): string[] {
  const [first] = cells as [Cell];
  const [size, share] = [sizeIn(first), shareIn(first)];
  const of = (name: string) => cells.find(({ scenario }) => attackName(scenario) === name);
  const accuracy = (name: string) => {
    const cell = of(name);
    return cell === undefined ? "" : endText(cell);
  };
  const perCycle = overSeeds(
    first,
    (series) => {
      const last = series.at(-1);
      return last && last.bytesPerPeer / last.cycles;
    },
    formatBytes,
  );
  return [
    graphName(first.scenario),
    size === 1 ? "none" : String(size),
    String(share),
    `${percentText(poisoned(share, size))} %`,
    size === 1 ? "1" : `${size - leagueOf(size)} of ${size}`,
    perCycle,
    accuracy("none"),
    ...attacks.map(accuracy),
  ];
}

function poisoned(share: number, size: number): number {
  let clean = 1;
  for (let i = 0; i < size; i++) clean *= 1 - share;
  return 1 - clean;
}

/** Members that may be in league, a lying coordinator among them, so that two others are still hidden from them (protocol/cohort/README.md). */
function leagueOf(size: number): number {
  return Math.min(size - 2, 2 * thresholdOf((1 << size) - 1) - size - 1);
}
