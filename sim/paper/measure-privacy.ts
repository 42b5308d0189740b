/** What a privacy budget leaves of the accuracy: of networks, of the same peers alone, and of networks with liars. */
import { formatNumber } from "../../protocol/base/figures.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import type { Cell, SweepCells } from "./cells.ts";
import { endText, intervalText, pairedDifference } from "./intervals.ts";
import { captionOf } from "./names.ts";
import type { Section } from "./section.ts";

export function privacySection(sweep: SweepCells): Section {
  const { cells } = sweep;
  const places = [...new Set(cells.map(({ scenario }) => placeOf(scenario)))];
  const rows = places.flatMap((place) => {
    const here = cells.filter(({ scenario }) => placeOf(scenario) === place);
    const budgets = [...new Set(here.map(({ scenario }) => budgetOf(scenario)))];
    return budgets.map((budget) => rowOf(place, budget, here));
  });
  return {
    title: "Accuracy against epsilon",
    caption:
      `Accuracy in percent at the end, mean / worst honest peer: mean over seeds ± 95 % interval; the gain of the network over the same peers alone, paired by seed, in points. ` +
      `Alone and in the network each peer has the same budget, for all that it ever sends. ${captionOf(sweep)}.`,
    table: {
      head: ["data, peers", "epsilon", "network", "alone", "gain", "network, 20 % sign-flip"],
      rows,
    },
    figures: [],
  };
}

function rowOf(place: string, budget: string, cells: readonly Cell[]): string[] {
  const of = (kind: string, lies: boolean) =>
    cells.find(
      ({ scenario }) =>
        budgetOf(scenario) === budget && scenario.algorithm.kind === kind && (scenario.attack !== undefined) === lies,
    );
  const [network, alone] = [of("hearsay", false), of("local", false)];
  const gain = pairedDifference(network, alone);
  const text = gain === undefined ? "" : intervalText(gain);
  return [place, budget, endText(network), endText(alone), text, endText(of("hearsay", true))];
}

function placeOf({ data, task, peers }: Scenario): string {
  return `${String(task.name ?? data.set)}, ${peers}`;
}

function budgetOf({ task }: Scenario): string {
  const { targetEpsilon } = (task.privacy ?? {}) as { readonly targetEpsilon?: number };
  return targetEpsilon === undefined ? "none" : formatNumber(targetEpsilon);
}
