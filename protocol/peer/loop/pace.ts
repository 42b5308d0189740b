/**
 * How long a peer waits for candidates: an adaptive delay that depends only on the peer itself, so that dead, slow and
 * lying peers never lower the step rate of an honest one.
 *
 * A cycle lasts at least `minCycleMs`. Beyond that, the peer waits for the candidates that it could hope for, but no longer than
 * min(half its own mean training time, four times its mean pull time): a cycle is never more than 1.5 times the training.
 */
import type { Clock } from "../../base/seams.ts";
import type { StepPlan } from "./steps.ts";

export interface Pace {
  /**
   * Marks the start of a cycle: how many steps it trains, and the time in which it will probably merge, ms.
   * @param leastMs its shortest time, where that is not the usual.
   */
  begin(leastMs?: number): { readonly steps: number; readonly mergeInMs: number };
  /** Marks the end of its training. */
  trained(): void;
  /** Resolves when the cycle has lasted its shortest time. What was put off until shortly before the merge must begin now. */
  shortest(inbound: Hopes): Promise<void>;
  /** Resolves when it is time to merge or to go on alone; called after `shortest`. */
  longest(inbound: Hopes): Promise<void>;
}

/** What the inbound half can still be hoped to bring. */
export interface Hopes {
  fresh(): number;
  wanted(cycleMs: number): number;
  pullMs(): number;
  onFresh(callback: () => void): void;
}

export interface PaceComponents {
  readonly clock: Clock;
  readonly plan: Pick<StepPlan, "most" | "next">;
}

export interface PaceOptions {
  readonly minCycleMs: number;
  readonly signal: AbortSignal;
}

export function createPace({ clock, plan }: PaceComponents, { signal, ...usual }: PaceOptions): Pace {
  let { minCycleMs } = usual;
  let begunMs = clock.monotonicMs();
  let fullTrainMs = 0;
  /** Of all steps, in the training of this cycle. */
  let share = 1;
  let deadlineMs = begunMs;
  const expectedMs = () => share * fullTrainMs;

  return {
    begin(leastMs = usual.minCycleMs) {
      minCycleMs = leastMs;
      begunMs = clock.monotonicMs();
      const steps = plan.next(fullTrainMs);
      share = steps / plan.most;
      return { steps, mergeInMs: Math.max(minCycleMs, expectedMs()) };
    },
    trained() {
      const tookMs = (clock.monotonicMs() - begunMs) / share;
      fullTrainMs = fullTrainMs === 0 ? tookMs : 0.8 * fullTrainMs + 0.2 * tookMs;
    },
    async shortest(inbound) {
      const floorMs = begunMs + minCycleMs;
      const patienceMs = Math.min(expectedMs() / 2, 4 * inbound.pullMs());
      deadlineMs = Math.max(floorMs, clock.monotonicMs() + patienceMs);
      await sleepUntil(clock, floorMs, signal);
    },
    async longest(inbound) {
      const wanted = () => inbound.wanted(Math.max(minCycleMs, expectedMs()));
      while (inbound.fresh() < wanted() && clock.monotonicMs() < deadlineMs && !signal.aborted) {
        await sleepUntil(clock, deadlineMs, signal, (wake) => inbound.onFresh(wake));
      }
    },
  };
}

/** Resolves at a time of the clock, when the signal aborts, or when `early` calls back. */
export function sleepUntil(
  clock: Clock,
  untilMs: number,
  signal: AbortSignal,
  early?: (wake: () => void) => void,
): Promise<void> {
  const delayMs = untilMs - clock.monotonicMs();
  if (delayMs <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.after(delayMs, wake);
    signal.addEventListener("abort", wake, { once: true });
    early?.(wake);
  });
}
