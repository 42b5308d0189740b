/**
 * The loop of a peer. One cycle takes one update through the stages of stages.ts:
 *
 *     train -> release -> encode -> publish -> wait a little -> weigh -> merge -> save -> train ...
 *
 * Other peers are heard and pulled all the time, beside the loop (inbound/). While a long training is under way, the loop also merges (meanwhile.ts).
 *
 * A stage (train.ts, publish.ts, merge.ts ...) is a function from values to a value. Only saving.ts writes the model to disk.
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
  /** Merges during a long training; left out where the task does not allow that (`training.adaptive`). */
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
  // What this cycle may do: how long it lasts, how many models it pulls, how many steps it trains.
  const model = state();
  const { minCycleMs, most, isLimited } = thrift.begin();
  const { steps, isTrial, mergeInMs } = pace.begin(minCycleMs);
  const plan = { most, age: isLimited ? model.age + steps : undefined };
  inbound.beginCycle(model.cycle + 1, Math.max(euclideanNorm(model.params), startNorm), mergeInMs, plan);

  const training = train(model, model.cycle + 1, steps);
  const own = await (isLimited ? training : (meanwhile?.(training) ?? training));
  const cycle = state().cycle + 1; // merges during the training were cycles of their own
  pace.trained();

  const isQuiet = most === 0 || isTrial;
  const mayLog = await wayOut(own, isQuiet);

  await pace.shortest(inbound);
  inbound.drawNow(); // one long training (a device that slept) raises the mean for many cycles
  await pace.longest(inbound);

  const enough = mayLog && inbound.fresh() >= quorum && !signal.aborted;
  const merged = enough && (await merging.merge(own, cycle));
  if (!merged) await merging.alone(own, cycle);
}
