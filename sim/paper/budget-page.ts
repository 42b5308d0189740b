/** The page of budgets: its sweeps, and the section of each. */
import { budgetSection } from "./measure-budget.ts";
import { inboxSection } from "./measure-inbox.ts";
import type { SweepCells } from "./names.ts";
import type { Section } from "./section.ts";

/** The sweeps of the page, `measure-<name>.yaml`, each between marks of its name, and what their sections are called. */
export const BUDGET_SWEEPS = {
  budget: "A day under a budget of bytes",
  inbox: "Models of a merge, and the quorum",
} as const;

export function budgetPage(sweep: SweepCells, title: string): Section {
  return (title === BUDGET_SWEEPS.inbox ? inboxSection : budgetSection)(sweep, title);
}
