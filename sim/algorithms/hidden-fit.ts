/** Trainings of a baseline under the privacy of the task: the same mechanism and ledger as a peer's, so that it stops at the same epsilon. */
import type { SecretDraws, Trainer } from "../../protocol/base/learning-seams.ts";
import { type Task, termsOf } from "../../protocol/base/task.ts";
import { createHiddenFit, type Fit } from "../../protocol/peer/loop/hidden-fit.ts";
import { openLedger } from "../../protocol/peer/loop/ledger.ts";
import { mechanismOf } from "../../protocol/privacy/registry.ts";
import { createMemoryStore } from "../seams/store.ts";

/** @param steps of one training. */
export function hiddenFitOf(task: Task, trainer: Trainer, draws: SecretDraws, steps: number): Fit {
  const terms = termsOf(task);
  const { budget } = mechanismOf(task);
  if (terms === undefined || budget === undefined) return (request) => trainer.fit(request);
  const kind = budget.kindFor(terms, { rows: trainer.numExamples, training: { ...task.training, steps } });
  const options = { budget, terms, kind, stepsOfTraining: steps, hasPast: false, hasWitnesses: true };
  const opening = openLedger({ store: createMemoryStore(), reports: { tell: () => {} } }, options);
  const saving = { resume: async () => true };
  return async (request) => createHiddenFit({ trainer, draws, ledger: await opening, saving }, options)(request);
}
