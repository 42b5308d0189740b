/**
 * What the `train` entries of a log say of a privacy budget, by the task and by one another. That there was noise in a training is its writer's word; what
 * that noise costs is accounted again:
 *
 *     a task without a budget     says nothing
 *     a task with one             every training says what was spent in all, of which epsilon is what the accountant makes, at most `maxEpsilon`; it grows by this
 *                                 training at least (more was charged where one did not come to its end)
 */
import { type Task, termsOf } from "../base/task.ts";
import type { TrainBody } from "../log/entry/bodies.ts";
import { mechanismOf } from "../privacy/registry.ts";
import { EPSILON_UNIT, epsilonSpent, type SavedPrivacy, stepsSpent } from "../privacy/spent.ts";

/** The newest claim of a log. */
export type PrivacyClaim = SavedPrivacy;

export interface PrivacyClaims {
  /** Why the training does not fit the task or the entries before; undefined where it does. */
  next(body: Pick<TrainBody, "privacy" | "steps">): string | undefined;
  latest(): PrivacyClaim | undefined;
}

export function createPrivacyClaims(task: Task): PrivacyClaims {
  const terms = termsOf(task);
  const { budget, name } = mechanismOf(task);
  let latest: PrivacyClaim | undefined;
  let before = { epsilon: 0, steps: 0 };
  return {
    latest: () => latest,
    next({ privacy, steps }) {
      if (terms === undefined || budget === undefined)
        return privacy ? "spent a privacy budget, where the task has none" : undefined;
      if (!privacy) return "says nothing of the privacy budget that the task has";
      const [most, last] = [Math.floor((terms.maxEpsilon ?? 0) / EPSILON_UNIT + 0.5), before];
      const now = { epsilon: privacy.epsilon, steps: stepsSpent(privacy.spent) };
      before = now;
      const made = epsilonSpent(privacy.spent, terms.delta);
      if (made !== now.epsilon) return `epsilon ${inUnits(now.epsilon)}; what was spent makes ${inUnits(made)}`;
      if (now.epsilon > most) return `epsilon ${inUnits(now.epsilon)}; the task allows ${inUnits(most)}`;
      const least = last.steps + budget.noisySteps(steps);
      if (now.steps < least || now.epsilon < last.epsilon)
        return `${now.steps} noisy steps spent; with those before there are ${least}, and no budget grows back`;
      const { delta } = terms;
      const [epsilon, maxEpsilon] = [inUnits(now.epsilon), inUnits(most)];
      latest = { mechanism: name, epsilon, maxEpsilon, delta, steps: now.steps };
      return undefined;
    },
  };
}

function inUnits(millionths: number): number {
  return millionths / 1e6;
}
