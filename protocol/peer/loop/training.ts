/** One training, and what is told of it. */
import type { Clock, PeerId } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import type { Reports } from "../reports.ts";
import type { ModelState, Own } from "../stages.ts";
import type { Fit } from "./hidden-fit.ts";
import type { LookAhead } from "./outer-momentum.ts";
import { sleepUntil } from "./pace.ts";
import { train } from "./train.ts";

export interface TrainingComponents {
  readonly fit: Fit;
  readonly lookAhead: LookAhead;
  readonly clock: Clock;
  readonly reports: Reports;
}

/** Trains a model in a cycle of this peer. Where it may not, it gives the model as it is, after as long as a training takes. */
export type Training = (model: ModelState, cycle: number, steps: number) => Promise<Own>;

export interface TrainingOptions {
  readonly task: Task;
  readonly self: PeerId;
  readonly signal: AbortSignal;
}

/** What a cycle without a training lasts where none was done since the start. */
const IDLE_MS = 1000;

export function createTraining(
  { fit, lookAhead, clock, reports }: TrainingComponents,
  { task, self, signal }: TrainingOptions,
): Training {
  let lastMs = IDLE_MS;
  let gave: Float32Array | undefined;
  return async (model, cycle, steps) => {
    const startedMs = clock.monotonicMs();
    const seed = `${task.seed}/${self}/${model.age}/${cycle}`;
    const isAlone = model.params === gave; // nothing was merged since the last training
    const own = await train({ fit }, model, { steps, seed, start: isAlone ? model.params : lookAhead(model) });
    gave = own.params;
    if (own.kind === "untrained") {
      await sleepUntil(clock, startedMs + lastMs, signal);
      return own;
    }
    lastMs = clock.monotonicMs() - startedMs;
    if (own.kind === "diverged") {
      reports.counters.diverged++;
      reports.tell({ kind: "diverged", cycle });
    } else {
      const { age, loss } = own;
      reports.tell({ kind: "trained", cycle, age, loss, trainMs: lastMs });
    }
    return own;
  };
}
