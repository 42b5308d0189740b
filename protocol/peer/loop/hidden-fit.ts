/**
 * The trainings of a task that asks for privacy: charged to the ledger first, then done under its mechanism. Without one they are the trainer's own.
 *
 * A peer that starts on an old log trains nothing before it is settled how that goes on: what neighbours tell of it says what was spent.
 */
import type { FitRequest, FitResult, SecretDraws, Trainer } from "../../base/learning-seams.ts";
import type { BudgetedTraining, NoiseKind, PrivacyTerms } from "../../privacy/mechanism.ts";
import type { Ledger } from "./ledger.ts";
import type { Saving } from "./saving.ts";

/** A training; undefined where there may be none. */
export type Fit = (request: FitRequest) => Promise<FitResult | undefined>;

export interface HiddenFitComponents {
  readonly trainer: Pick<Trainer, "engine" | "fit">;
  readonly draws: SecretDraws;
  readonly ledger: Pick<Ledger, "charge" | "status">;
  readonly saving: Pick<Saving, "resume">;
}

export interface HiddenFitOptions {
  readonly budget: BudgetedTraining;
  readonly terms: PrivacyTerms;
  readonly kind: NoiseKind;
}

export function createHiddenFit(
  { trainer, draws, ledger, saving }: HiddenFitComponents,
  { budget, terms, kind }: HiddenFitOptions,
): Fit {
  return async (request) => {
    const isSettled = ledger.status().state !== "open" || (await saving.resume()); // a spent budget is one, whatever others know
    if (!isSettled || !(await ledger.charge(request.steps))) return undefined;
    return budget.fit({ trainer, terms, kind, draws }, request);
  };
}
