/** Trainings as a peer with some rows does them: under the mechanism of the task, where it has one, and until its budget is spent. */

import type { FitRequest, FitResult } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { type Task, termsOf } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import type { Trainers } from "../../../protocol/learn/trainer.ts";
import { createSimulatedDraws } from "../../../protocol/privacy/draws.ts";
import type { NoiseKind, PrivacyTerms } from "../../../protocol/privacy/mechanism.ts";
import { mechanismOf } from "../../../protocol/privacy/registry.ts";
import { EPSILON_UNIT, epsilonSpent, spentOn } from "../../../protocol/privacy/spent.ts";

/** A training; undefined where the budget does not allow one more. */
export type ShadowFit = (request: FitRequest) => Promise<FitResult | undefined>;

/** More noisy steps are not looked for. */
const MOST_STEPS = 2 ** 30;

/** Gives the trainings of one shadow after the other, by its rows. Chance is of a seed: these models go nowhere. */
export function createShadowFits(task: Task, trainers: Trainers): (rows: Dataset, seed: string) => ShadowFit {
  const { training } = task;
  const terms = termsOf(task);
  const { budget } = mechanismOf(task);
  const affordable = new Map<number, number>();
  return (rows, seed) => {
    const draws = createSimulatedDraws(createRng(seed));
    const trainer = trainers.create({ task, train: rows, draws });
    if (terms === undefined || budget === undefined) return (request) => trainer.fit(request);
    const kind = budget.kindFor(terms, { rows: rows.length, training });
    let left = affordable.get(rows.length) ?? stepsWithin(terms, kind);
    affordable.set(rows.length, left); // shadows have the same number of rows, and the accountant takes its time
    return async (request) => {
      const steps = budget.noisySteps(request.steps);
      if (steps > left) return undefined;
      left -= steps;
      return budget.fit({ trainer, terms, kind, draws }, request);
    };
  };
}

/** Noisy steps of this kind that the budget of the task allows. */
function stepsWithin({ maxEpsilon = 0, delta }: PrivacyTerms, kind: NoiseKind): number {
  const isWithin = (steps: number) => epsilonSpent(spentOn(kind, steps), delta) <= maxEpsilon / EPSILON_UNIT;
  let [within, beyond] = [0, 1];
  while (beyond < MOST_STEPS && isWithin(beyond)) [within, beyond] = [beyond, 2 * beyond];
  while (beyond - within > 1) {
    const middle = Math.floor((within + beyond) / 2);
    if (isWithin(middle)) within = middle;
    else beyond = middle;
  }
  return within;
}
