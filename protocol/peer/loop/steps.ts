/**
 * How many optimiser steps the next training takes, where the task lets slow devices take fewer (`training.adaptive`). A device that takes all of
 * them publishes once in the time in which others publish twenty times.
 *
 *     typical time    H times the lower median, over known neighbours, of the time that passes for one step of their age; at least the shortest cycle
 *     H steps         where they take no more than LONG typical times
 *     else            as many as fit into one typical time, at least one
 *     at first        one: nobody knows how long a step takes. Nobody is told of its model, which is hardly better than the one that all begin with
 *
 * The shortest cycle is this peer's own setting. So others can make it take fewer steps, or merge more often (meanwhile.ts), down to that and no further.
 *
 * The age of a neighbour grows with the steps of the whole network, by its merges, however many it takes itself at a time. So peers that take fewer
 * do not make others take fewer.
 */
import { lowerMedian } from "../../aggregate/staleness.ts";
import type { Task } from "../../base/task.ts";
import type { Identities } from "../memory/identities.ts";
import type { Ranks } from "../memory/ranks.ts";

export interface StepPlan {
  /** H. */
  readonly most: number;
  /** Steps of the next training, 1 to H. @param fullTrainMs what H steps take here on average; 0 before the first training. */
  next(fullTrainMs: number): number;
  /** Whether it is but to learn how long a step takes. @param fullTrainMs as of `next`. */
  isTrial(fullTrainMs: number): boolean;
  /** The typical time; undefined where fewer neighbours are known than tell it. */
  typicalMs(): number | undefined;
}

export interface StepPlanComponents {
  readonly identities: Pick<Identities, "isKnown" | "get">;
  readonly ranks: Pick<Ranks, "neighbours">;
}

export interface StepPlanOptions {
  readonly training: Task["training"];
  readonly minCycleMs: number;
}

/** A training is long that takes more than so many typical times: where speeds differ little nobody leaves out any step, and nobody merges more often. */
export const LONG = 4;
/** Neighbours of whom it is known how fast they grow older, before anything is made of it. */
const FEWEST_TIMES = 3;

export function createStepPlan(components: StepPlanComponents, { training, minCycleMs }: StepPlanOptions): StepPlan {
  const { steps: most, adaptive } = training;
  const typicalMs = () => {
    const stepMs = typicalStepMs(components);
    return stepMs === undefined ? undefined : Math.max(minCycleMs, most * stepMs);
  };
  const isTrial = (fullTrainMs: number) => adaptive === true && most > 1 && fullTrainMs === 0;
  return {
    most,
    typicalMs,
    isTrial,
    next(fullTrainMs) {
      if (adaptive !== true) return most;
      if (isTrial(fullTrainMs)) return 1;
      const roomMs = typicalMs();
      if (roomMs === undefined || fullTrainMs <= LONG * roomMs) return most;
      return Math.max(1, Math.floor((most * roomMs) / fullTrainMs));
    },
  };
}

/** The lower median, which a minority of liars cannot move beyond what honest neighbours say. Keys that delivered nothing say nothing. */
function typicalStepMs({ identities, ranks }: StepPlanComponents): number | undefined {
  const known = [...ranks.neighbours(0)].filter((author) => identities.isKnown(author));
  const times = known.flatMap((author) => identities.get(author)?.slot?.stepMs ?? []);
  return times.length < FEWEST_TIMES ? undefined : lowerMedian(times);
}
