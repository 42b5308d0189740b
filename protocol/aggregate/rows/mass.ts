/** How many models a model stands for: what an aggregate carries with it when it is aggregated again. */

import type { CandidateStatus, RuleInput } from "../../base/learning-seams.ts";
import { MAX_MASS } from "../../base/weight.ts";

/** Those of the own model and of the candidates that were not removed, at most `MAX_MASS`. */
export function massOf({ mass = 1, candidates }: RuleInput, statuses: readonly CandidateStatus[]): number {
  const sum = candidates.reduce(
    (so, candidate, j) => (statuses[j] === "removed" ? so : so + (candidate.mass ?? 1)),
    mass,
  );
  return Math.min(sum, MAX_MASS);
}
