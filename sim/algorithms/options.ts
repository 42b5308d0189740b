/** Options that several baselines share. */
import * as z from "zod";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Environment } from "./algorithm.ts";

/** Local work of one training: so many passes over the rows; 0: the steps of the task, as Hearsay's peers do. */
export const epochs = z.int().min(0).max(10_000).default(0);

/**
 * A round goes on without those who have not answered by then, in trainings of the median device. No synchronous algorithm is
 * defined without its barrier, but with churn or loss one without a deadline stands still for ever.
 */
export const deadline = z.number().positive().default(3);

/** Optimiser steps of one training. */
export function stepsOf(task: Task, { numExamples }: Trainer, passes: number): number {
  const { steps, batch } = task.training;
  return passes === 0 ? steps : Math.max(1, passes * Math.ceil(numExamples / batch));
}

/** Virtual duration of one training of the median device. */
export function medianTrainMs({ scenario }: Pick<Environment, "scenario">): number {
  return 1000 * scenario.devices.cycleSeconds;
}
