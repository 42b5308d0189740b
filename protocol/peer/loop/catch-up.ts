/**
 * How a peer that has merged nothing since it started, and is far behind, starts from the models of others (`catch-up`, task/combine.ts).
 *
 * What is taken then replaces the own model as a whole, and keys are free, so the first candidates prove nothing. So the peer waits until it has
 * candidates for a whole merge, or three that its configuration or its own past names, or for a minute. It takes these three rather than others. It
 * leaves out each model that knows less than half of what the own model knows about the own training data (by loss: the initial model and one of zeros
 * know nothing). It takes an odd number of models, since the mean of the two in the middle may lie half-way to a lie. Where fewer than three are left it
 * merges in the usual way.
 *
 * Where the task lets devices differ (`training.adaptive`), authors of models that were left out so are left out of later merges too, until they send better ones
 * (distrust.ts).
 *
 * The log names the models that were taken. An audit needs to know nothing of those that were not.
 */

import { LIMITS } from "../../base/limits.ts";
import type { Clock } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import { CATCH_UP_CANDIDATES, mayCatchUp } from "../../task/combine.ts";
import type { Standing } from "../memory/identities.ts";
import type { ModelState, Weighed } from "../stages.ts";
import type { Distrust } from "./distrust.ts";
import type { Soundness } from "./soundness.ts";
import { isAmong, type Sorted, weigh } from "./weigh.ts";

export interface CatchUp {
  /**
   * What the first merge since the start takes of the candidates, whose median then replaces the own model: an odd number of them where there are so many.
   * "wait": nothing yet, more may come. Undefined where the peer merges in the usual way: it is not far behind, has merged before, or too few of them know
   * enough.
   */
  begin(own: ModelState, sorted: Sorted, cycle: number): Promise<Sorted | "wait" | undefined>;
  /** A merge is in the log. */
  done(): void;
}

export interface CatchUpComponents {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly identities: Pick<Standing, "isTrusted">;
  readonly soundness: Pick<Soundness, "lossOf" | "worstLoss" | "knowingTooLittle">;
  /** Is told whom the start left out. */
  readonly distrust: Pick<Distrust, "begin">;
}

export function createCatchUp({ clock, identities, ...sieve }: CatchUpComponents, task: Task): CatchUp {
  const fewest = Math.max(CATCH_UP_CANDIDATES, task.aggregation.quorum);
  let hasMerged = false;
  let sinceMs: number | undefined;

  const isBehind = (own: ModelState, candidates: readonly Weighed[]) =>
    mayCatchUp(
      task,
      own.age,
      candidates.map(({ candidate }) => candidate.announced.age),
    );

  return {
    async begin(own, sorted, cycle) {
      const { eligible, copies } = sorted;
      if (hasMerged || !isBehind(own, eligible)) return undefined;
      sinceMs ??= clock.monotonicMs();
      const trusted = eligible.filter(({ candidate }) => identities.isTrusted(candidate.announced.author));
      const isSure = trusted.length >= fewest;
      const isLate = clock.monotonicMs() - sinceMs >= LIMITS.catchUpWaitMs;
      if (!isSure && !isLate && eligible.length < task.aggregation.inboxSize) return "wait";
      const taken = await soundOnes({ ...sieve, task, fewest }, own, isSure ? trusted : eligible);
      if (taken.length < fewest || !isBehind(own, taken)) return undefined;
      const candidates = taken.map(({ candidate }) => candidate);
      const reweighed = weigh(task, candidates, own.age, cycle); // staleness is counted from the ages of those that are named
      return {
        eligible: reweighed,
        copies: copies.filter((copy) => isAmong(copy, reweighed)),
        stale: [],
      };
    },
    done() {
      hasMerged = true;
    },
  };
}

interface Sieve extends Pick<CatchUpComponents, "soundness" | "distrust"> {
  readonly task: Task;
  readonly fewest: number;
}

/** An odd number of those that know enough, where there are so many, in the order of `candidates`. */
async function soundOnes(
  { soundness, distrust, task, fewest }: Sieve,
  own: ModelState,
  candidates: readonly Weighed[],
): Promise<readonly Weighed[]> {
  const limit = await soundness.worstLoss(own.params);
  const losses = new Map<Weighed, number>();
  const models = candidates.map(({ params }) => params);
  const tooLittle = await soundness.knowingTooLittle(models, fewest);
  for (const candidate of candidates.filter((_, i) => tooLittle[i] === undefined)) {
    const loss = await soundness.lossOf(candidate.params);
    if (loss <= limit) losses.set(candidate, loss);
  }
  if (task.training.adaptive) {
    const unsound = candidates.filter((candidate) => !losses.has(candidate));
    distrust.begin(
      unsound.map(({ candidate }) => candidate.announced.author),
      limit,
    );
  }
  if (losses.size % 2 === 1 || losses.size <= fewest) return [...losses.keys()];
  const worst = Math.max(...losses.values());
  const left = [...losses.keys()].find((candidate) => losses.get(candidate) === worst);
  return [...losses.keys()].filter((candidate) => candidate !== left);
}
