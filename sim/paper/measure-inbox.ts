/** What merges of fewer models cost: k and the quorum of the default rule, with and without liars. */

import type { Scenario } from "../seams/scenario-type.ts";
import type { SweepCells } from "./cells.ts";
import { gridOf, gridSection } from "./grid.ts";
import { endText } from "./intervals.ts";
import { aggregationOf, captionOf, liesName, partitionName } from "./names.ts";
import type { Section } from "./section.ts";

export function inboxSection(sweep: SweepCells, title: string): Section {
  const placeOf = (scenario: Scenario) => `${partitionName(scenario.partition)}, ${liesName(scenario)}`;
  const sizeOf = (scenario: Scenario) => {
    const { quorum } = scenario.task.aggregation as { readonly quorum: number };
    return `k ${aggregationOf(scenario).inboxSize}, quorum ${quorum}`;
  };
  const caption = `Accuracy in percent at the end, mean / worst honest peer: mean over seeds ± 95 % interval. ${captionOf(sweep)}.`;
  return gridSection({ title, caption, head: "data, attack" }, gridOf(sweep, placeOf, sizeOf), endText);
}
