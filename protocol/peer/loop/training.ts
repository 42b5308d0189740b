/** The training of a cycle: picks its start and its seed, runs the stage (train.ts), and reports how it went. */
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

/** Trains the model. While training is paused, it resolves with the model unchanged, after the time that the last training took. */
export type Training = (model: ModelState, cycle: number, steps: number) => Promise<Own>;

export interface TrainingOptions {
  readonly task: Task;
  readonly self: PeerId;
  readonly signal: AbortSignal;
}

/** Length of a cycle while training is paused and no training was done since the start. */
const IDLE_MS = 1000;

export function createTraining(
  { fit, lookAhead, clock, reports }: TrainingComponents,
  { task, self, signal }: TrainingOptions,
): Training {
  let lastMs = IDLE_MS;
  let lastResult: Float32Array | undefined;
  return async (model, cycle, steps) => {
    const startedMs = clock.monotonicMs();
    const seed = `${task.seed}/${self}/${model.age}/${cycle}`;
    const isAlone = model.params === lastResult; // nothing was merged since the last training
    const own = await train({ fit }, model, { steps, seed, start: isAlone ? model.params : lookAhead(model) });
    lastResult = own.params;
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
