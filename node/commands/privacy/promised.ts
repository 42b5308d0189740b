/** What a task's privacy mechanism promises of its models. */

import { type Task, termsOf } from "../../../protocol/base/task.ts";
import { FALSE_POSITIVE_RATE } from "../../../protocol/privacy/inference/measure.ts";
import { type Guarantee, mostArea, mostTruePositives } from "../../../protocol/privacy/inference/promise.ts";
import { mechanismOf } from "../../../protocol/privacy/registry.ts";
import { spentPrivacy } from "../../api/spent-privacy.ts";
import { percent } from "../../terminal/print.ts";

/** By a mechanism; without a guarantee nothing is promised. */
export interface Promised {
  readonly mechanism: string;
  readonly guarantee?: Guarantee;
}

/**
 * By what the peer of a state directory has spent so far; of a model in a file, and where nobody can say what was spent, by the most that the task allows.
 */
export async function promisedOf(stateDir: string | undefined, task: Task): Promise<Promised> {
  const spent = stateDir === undefined ? undefined : await spentPrivacy(stateDir, task);
  return promisedBy(task, spent?.epsilon);
}

/** By the mechanism of the task, at what was spent: all of the budget where left out. */
export function promisedBy(task: Pick<Task, "privacy">, spent?: number): Promised {
  const terms = termsOf(task);
  const { name: mechanism } = mechanismOf(task);
  const epsilon = spent ?? terms?.maxEpsilon;
  if (terms === undefined || epsilon === undefined) return { mechanism };
  return { mechanism, guarantee: { epsilon, delta: terms.delta } };
}

export function deltaOf({ guarantee }: Promised): number {
  return guarantee?.delta ?? 0;
}

export function promiseFigures({ mechanism, guarantee }: Promised) {
  if (guarantee === undefined)
    return { mechanism, epsilon: null, delta: null, mostArea: null, mostTruePositives: null };
  return {
    mechanism,
    ...guarantee,
    mostArea: mostArea(guarantee),
    mostTruePositives: mostTruePositives(guarantee, FALSE_POSITIVE_RATE),
  };
}

export function promiseText({ mechanism, guarantee }: Promised): string {
  if (guarantee === undefined) return `Promised by the mechanism ${mechanism}: nothing.`;
  const { epsilon, delta } = guarantee;
  const most = `AUC at most ${percent(mostArea(guarantee))}, TPR at 1 % FPR at most ${percent(mostTruePositives(guarantee, FALSE_POSITIVE_RATE))}`;
  return `Promised by the mechanism ${mechanism}, epsilon ${epsilon.toFixed(2)}, delta ${delta}: ${most}, whatever the attack.`;
}
