/**
 * Merges while a long training is under way, where the task lets devices differ (`training.adaptive`). A peer that waited for the end of such a training would
 * merge models that were old by then, and a device that is a thousand times slower than others would never merge.
 *
 *     a training that has lasted LONG - 1 typical times (steps.ts)    models are drawn anew, and merged a typical time later; and so on until it ends
 *     what is merged                                                  the model as it is: the log shows an `aggregate` without a `train`
 *     what the training gives                                         is added to the model that the merges have made (task/move.ts): its `train` entry says so
 *
 * Nothing is published meanwhile: there is nothing new in it.
 */
import { LIMITS } from "../../base/limits.ts";
import { euclideanNorm } from "../../base/norm.ts";
import type { Clock } from "../../base/seams.ts";
import { moveTraining } from "../../task/move.ts";
import type { Inbound } from "../inbound/inbound.ts";
import { diverged, type ModelState, type Own, trained, untrained } from "../stages.ts";
import type { Merging } from "./merging.ts";
import type { LookAhead } from "./outer-momentum.ts";
import { sleepUntil } from "./pace.ts";
import type { Saving } from "./saving.ts";
import { LONG, type StepPlan } from "./steps.ts";

/** Merges until the training ends. Resolves with its result, moved onto the model that the merges have made. */
export type Meanwhile = (training: Promise<Own>) => Promise<Own>;

export interface MeanwhileComponents {
  readonly clock: Clock;
  readonly plan: Pick<StepPlan, "typicalMs">;
  readonly inbound: Inbound;
  readonly merging: Pick<Merging, "merge">;
  readonly saving: Pick<Saving, "state" | "resume">;
  readonly lookAhead: LookAhead;
}

export interface MeanwhileOptions {
  readonly minCycleMs: number;
  /** Euclidean norm of the task's initial parameters. */
  readonly startNorm: number;
  /** Fewest candidates of a merge. */
  readonly quorum: number;
  readonly signal: AbortSignal;
}

export function createMeanwhile(components: MeanwhileComponents, options: MeanwhileOptions): Meanwhile {
  const { saving } = components;
  return async (training) => {
    const began = saving.state();
    await mergeUntilOver(components, options, watched(training));
    return moved(await training, began, saving.state());
  };
}

/** A training that is waited for in turns. */
interface Watched {
  isOver(): boolean;
  /** Calls back when it ends. One callback at a time. */
  onEnd(callback: () => void): void;
}

function watched(training: Promise<Own>): Watched {
  let isOver = false;
  let listener: (() => void) | undefined;
  const end = () => {
    isOver = true;
    listener?.();
  };
  training.then(end, end); // one that fails is met by whoever waits for its outcome
  return {
    isOver: () => isOver,
    onEnd(callback) {
      listener = callback;
    },
  };
}

async function mergeUntilOver(
  components: MeanwhileComponents,
  options: MeanwhileOptions,
  training: Watched,
): Promise<void> {
  const { clock, plan } = components;
  const { minCycleMs, signal } = options;
  const begunMs = clock.monotonicMs();
  const sleep = (untilMs: number) => sleepUntil(clock, untilMs, signal, training.onEnd);
  await Promise.resolve(); // a training may be over before any time has passed
  while (!training.isOver() && !signal.aborted) {
    const nowMs = clock.monotonicMs();
    const typicalMs = plan.typicalMs();
    const longMs = begunMs + (LONG - 1) * (typicalMs ?? 0);
    // without a typical time: look again when the training has lasted twice as long as now
    if (typicalMs === undefined) await sleep(nowMs + Math.max(1, minCycleMs, nowMs - begunMs));
    else if (nowMs < longMs) await sleep(longMs);
    else await mergeOnce(components, options, Math.max(1, typicalMs), sleep, training);
  }
}

async function mergeOnce(
  { clock, inbound, merging, saving, lookAhead }: MeanwhileComponents,
  { startNorm, quorum, signal }: MeanwhileOptions,
  typicalMs: number,
  sleep: (untilMs: number) => Promise<void>,
  training: Watched,
): Promise<void> {
  const model = saving.state();
  const cycle = model.cycle + 1;
  inbound.beginCycle(cycle, Math.max(euclideanNorm(model.params), startNorm), typicalMs);
  await sleep(clock.monotonicMs() + typicalMs);
  if (training.isOver() || signal.aborted || inbound.fresh() < quorum || !(await saving.resume())) return;
  if (await merging.merge(untrained(model), cycle)) lookAhead(model);
}

/** The result of a training that began at one model, added to the model that merges have made meanwhile. */
function moved(own: Own, began: ModelState, now: ModelState): Own {
  if (now.params === began.params) return own;
  if (own.kind === "untrained") return untrained(now);
  if (own.kind === "diverged") return diverged(now);
  const params = moveTraining(now.params, began.params, own.params);
  if (!Number.isFinite(euclideanNorm(params))) return diverged(now);
  const { steps, loss } = own;
  const age = Math.min(now.age + steps, LIMITS.maxAge);
  return trained({ params, base: now.params, age, steps, loss, moved: { began: began.params, ended: own.params } });
}
