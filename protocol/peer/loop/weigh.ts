/** Stage Weighed: what the age of each candidate is worth (aggregate/staleness.ts), and which of them a merge can take. */

import { eligible as isEligible, lagReference, staleness, stalenessWeightQ16 } from "../../aggregate/staleness.ts";
import { equalBytes } from "../../base/bytes.ts";
import { cohortOf, type Task } from "../../base/task.ts";
import { type Candidate, type Weighed, weighed } from "../stages.ts";

/** @param ownAge age of the own model. @param cycle number of own cycles so far. */
export function weigh(task: Task, candidates: readonly Candidate[], ownAge: number, cycle: number): Weighed[] {
  const referenceAge = lagReference(
    ownAge,
    candidates.map(({ announced }) => announced.age),
  );
  // a liar in a cohort, or a gateway that lies, must not count for all of it, and no log says how many a parent stood for
  const isOne = cohortOf(task) !== undefined || task.aggregation.gateways === true;
  return candidates.map((candidate) => {
    const { age, firstSeenCycle } = candidate.announced;
    const tau = staleness({
      referenceAge,
      theirAge: age,
      meanStepsPerCycle: task.training.steps,
      cyclesSinceFirstSeen: cycle - firstSeenCycle,
      cutoff: task.staleness.cutoff,
    });
    return weighed(candidate, {
      tau,
      weightQ16: stalenessWeightQ16(tau, task.staleness),
      mass: isOne ? 1 : candidate.announced.mass,
    });
  });
}

export interface Sorted {
  /** For the rule: young enough, and each model once. */
  readonly eligible: readonly Weighed[];
  /** The same body under several names counts once, under the first name. */
  readonly copies: readonly Weighed[];
  readonly stale: readonly Weighed[];
  /** Left out for what they know about the own rows (distrust.ts): the owner is told, the log does not name them. */
  readonly distrusted?: readonly Weighed[];
}

export function sortOut(all: readonly Weighed[], cutoff: number): Sorted {
  const eligible: Weighed[] = [];
  const copies: Weighed[] = [];
  const stale: Weighed[] = [];
  for (const one of all) {
    if (!isEligible(one.tau, cutoff))
      stale.push(one); // a copy under an old age must not stand for all
    else (isAmong(one, eligible) ? copies : eligible).push(one);
  }
  return { eligible, copies, stale };
}

/** Whether one of `others` is the same model. */
export function isAmong({ candidate }: Weighed, others: readonly Weighed[]): boolean {
  return others.some((other) => equalBytes(other.candidate.announced.model, candidate.announced.model));
}
