/** What is spent of a privacy budget, in words. */
import { formatNumber } from "../../protocol/base/figures.ts";
import type { PrivacyStatus, SavedPrivacy } from "../../protocol/privacy/spent.ts";

/** `dp-sgd: epsilon 3.1 of 8, delta 1.00e-5, 214 steps`. */
export function spentText({ mechanism, epsilon, maxEpsilon, delta, steps }: SavedPrivacy): string {
  const budget = `epsilon ${formatNumber(epsilon)} of ${formatNumber(maxEpsilon)}, delta ${formatNumber(delta)}`;
  return `${mechanism}: ${budget}, ${formatNumber(steps, 15)} steps`;
}

const STATES: Readonly<Record<PrivacyStatus["state"], string>> = {
  open: "",
  spent: "; the budget is spent: it trains and publishes no more, and goes on merging and predicting",
  unknown:
    "; the database was moved or has lost its ledger, so that it trains nothing until a neighbour tells what this peer had announced (which none can where the task has cohorts)",
};

/** The same, and what follows from it. */
export function budgetText(privacy: PrivacyStatus): string {
  const { noiseMultiplier, state } = privacy;
  return `${spentText(privacy)}, noise ${formatNumber(noiseMultiplier)}${STATES[state]}`;
}
