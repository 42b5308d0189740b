/**
 * Learning rates that change with the age of a model, which is the number of optimiser steps in its lineage: so all peers of a network are at
 * about the same place, whoever restarts goes on at his, and a newcomer takes that of the model with which it catches up.
 *
 *     constant  rate
 *     cosine    rate (floor + (peak - floor) (1 + cos(pi min(1, age / steps))) / 2)     from `peak`, 1 where it is left out, to `floor` in `steps` steps (Loshchilov, Hutter 2017)
 *     step      rate factor^floor(age / every)
 */
import { power } from "../../base/exp-log.ts";
import { raisedCosine } from "../../base/raised-cosine.ts";
import type { Task } from "../../base/task.ts";

/** `schedule` of a task. */
export type Schedule = NonNullable<Task["training"]["schedule"]>;

type Factors = { readonly [S in Schedule as S["kind"]]: (schedule: S, age: number) => number };

const FACTORS: Factors = {
  constant: () => 1,
  cosine: ({ steps, floor, peak = 1 }, age) => floor + (peak - floor) * raisedCosine(Math.min(1, age / steps)),
  step: ({ every, factor }, age) => power(factor, Math.floor(age / every)),
};

/**
 * By what the learning rate is multiplied in the step that a model of this age takes next; 1 without a schedule.
 * @example
 * import { rateFactor } from "hearsay/protocol/learn/optimisers/schedule";
 * const cosine = { kind: "cosine", steps: 1000, floor: 0.1 };
 * [0, 500, 2000].map((age) => rateFactor(cosine, age)); // -> [1, 0.55, 0.1]
 * [0, 500, 2000].map((age) => rateFactor({ ...cosine, floor: 0, peak: 2 }, age)); // -> [2, 1, 0]
 * rateFactor({ kind: "step", every: 100, factor: 0.5 }, 250); // -> 0.25
 */
export function rateFactor(schedule: Schedule | undefined, age: number): number {
  if (schedule === undefined) return 1;
  const factorOf = FACTORS[schedule.kind] as (schedule: Schedule, age: number) => number;
  return factorOf(schedule, age);
}
