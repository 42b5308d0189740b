/**
 * The loop: it walks an update down the road of stages.ts.
 *
 *     train -> release -> encode -> publish -> wait a little -> weigh -> merge -> save -> train ...
 *
 * While a long training is under way it merges what others publish (meanwhile.ts).
 *
 * A stage calls nothing here, and returns what the files of this folder write (saving.ts).
 */

import { euclideanNorm } from "../../base/norm.ts";
import type { Thrift } from "../../traffic/thrift.ts";
import type { Inbound } from "../inbound/inbound.ts";
import type { Meanwhile } from "./meanwhile.ts";
import type { Merging } from "./merging.ts";
import type { Pace } from "./pace.ts";
import type { SavedState } from "./state.ts";
import type { Training } from "./training.ts";
import type { WayOut } from "./way-out.ts";

export interface LoopComponents {
  /** What the budget of bytes allows. */
  readonly thrift: Pick<Thrift, "begin">;
  readonly training: Training;
  /** Left out where the task has every training waited for. */
  readonly meanwhile: Meanwhile | undefined;
  readonly wayOut: WayOut;
  readonly pace: Pace;
  readonly inbound: Inbound;
  readonly merging: Merging;
}

export interface LoopOptions {
  /** The model as it is on disk. */
  state(): SavedState;
  /** Euclidean norm of the task's initial parameters. */
  readonly startNorm: number;
  /** Fewest candidates of a merge. */
  readonly quorum: number;
  readonly signal: AbortSignal;
}

/** One cycle after another until the signal aborts. */
export function createLoop(components: LoopComponents, options: LoopOptions): () => Promise<void> {
  return async () => {
    while (!options.signal.aborted) await oneCycle(components, options);
  };
}

async function oneCycle(
  { thrift, training: train, meanwhile, wayOut, pace, inbound, merging }: LoopComponents,
  { state, startNorm, quorum, signal }: LoopOptions,
): Promise<void> {
  const model = state();
  const { minCycleMs, most, isHeld } = thrift.begin();
  const { steps, isTrial, mergeInMs } = pace.begin(minCycleMs);
  const plan = { most, age: isHeld ? model.age + steps : undefined };
  inbound.beginCycle(model.cycle + 1, Math.max(euclideanNorm(model.params), startNorm), mergeInMs, plan);
  const training = train(model, model.cycle + 1, steps);
  const own = await (isHeld ? training : (meanwhile?.(training) ?? training));
  const cycle = state().cycle + 1;
  pace.trained();
  const mayLog = await wayOut(own, most === 0 || isTrial);
  await pace.shortest(inbound);
  inbound.drawNow(); // one long training (a device that slept) raises the mean for many cycles
  await pace.longest(inbound);
  const enough = mayLog && inbound.fresh() >= quorum && !signal.aborted;
  const merged = enough && (await merging.merge(own, cycle));
  if (!merged) await merging.alone(own, cycle);
}
