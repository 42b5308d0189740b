/** What the steps of one training take beside their gradients: the optimiser's numbers, at the rate that the schedule has come to. */
import type { Task } from "../../base/task.ts";
import type { Optimiser } from "./optimiser.ts";
import { rateFactor } from "./schedule.ts";

/** Of all steps, one after the other, in float32. @param age optimiser steps in the lineage of the model that is trained. @param raised `FitRequest.rateFactor`. */
export function stepScalars(
  optimiser: Optimiser,
  { learningRate, schedule }: Pick<Task["training"], "learningRate" | "schedule">,
  age: number,
  steps: number,
  raised = 1,
): Float32Array {
  return Float32Array.from(
    Array.from({ length: steps }, (_, step) =>
      optimiser.scalars(step + 1, raised * learningRate * rateFactor(schedule, age + step)),
    ).flat(),
  );
}
