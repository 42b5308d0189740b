/** One training, and what is told of it. */
import type { Clock, PeerId, Trainer } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import type { Reports } from "../reports.ts";
import type { ModelState, Outcome } from "../stages.ts";
import type { LookAhead } from "./outer-momentum.ts";
import { train } from "./train.ts";

export interface TrainingComponents {
  readonly trainer: Trainer;
  readonly lookAhead: LookAhead;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly reports: Reports;
}

/** Trains a model in a cycle of this peer. */
export type Training = (model: ModelState, cycle: number, steps: number) => Promise<Outcome>;

export function createTraining(
  { trainer, lookAhead, clock, reports }: TrainingComponents,
  { task, self }: { readonly task: Task; readonly self: PeerId },
): Training {
  return async (model, cycle, steps) => {
    const startedMs = clock.monotonicMs();
    const seed = `${task.seed}/${self}/${model.age}/${cycle}`;
    const own = await train({ trainer }, model, { steps, seed, start: lookAhead(model) });
    if (own.kind === "diverged") {
      reports.counters.diverged++;
      reports.tell({ kind: "diverged", cycle });
    } else {
      const { age, loss } = own;
      reports.tell({ kind: "trained", cycle, age, loss, trainMs: clock.monotonicMs() - startedMs });
    }
    return own;
  };
}
