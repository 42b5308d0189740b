/**
 * How many optimiser steps the next training takes, where the task lets slow devices take fewer (`training.adaptive`). A device that takes all of
 * them merges once in the time in which others merge twenty times: what it publishes is old, and what it pulled was older.
 *
 *     typical time    H times the lower median, over known neighbours, of the time that passes for one step of their age
 *     H steps         where they take no more than twice the longer of the typical time and the shortest cycle
 *     else            as many as fit into that time, at least one
 *     at first        one: nobody knows how long a step takes. And one until enough neighbours are known to move, a few times
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
  /**
   * Steps of the next training, 1 to H.
   * @param fullTrainMs what H steps take here on average; 0 before the first training.
   * @param trainings since the start.
   */
  next(fullTrainMs: number, trainings: number): number;
}

export interface StepPlanComponents {
  readonly identities: Pick<Identities, "isKnown" | "get">;
  readonly ranks: Pick<Ranks, "neighbours">;
}

export interface StepPlanOptions {
  readonly training: Task["training"];
  readonly minCycleMs: number;
}

/** H steps may take this many times what others take: where speeds differ little nobody leaves out any. */
const SLACK = 2;
/** Trainings of one step before a peer that hears of nobody takes all. */
const PROBES = 5;
/** Neighbours of whom it is known how fast they grow older, before anything is made of it. */
const FEWEST_TIMES = 3;

export function createStepPlan(components: StepPlanComponents, { training, minCycleMs }: StepPlanOptions): StepPlan {
  const { steps: most, adaptive } = training;
  return {
    most,
    next(fullTrainMs, trainings) {
      if (adaptive !== true) return most;
      if (trainings === 0) return 1;
      const stepMs = typicalStepMs(components);
      if (stepMs === undefined) return trainings < PROBES ? 1 : most;
      const roomMs = Math.max(minCycleMs, most * stepMs);
      if (fullTrainMs <= SLACK * roomMs) return most;
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
