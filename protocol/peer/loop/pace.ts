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
   * Marks the start of a cycle: how many steps it trains, whether that is but a trial (steps.ts), and the time in which it will probably merge, ms.
   * @param leastMs its shortest time, where that is not the usual.
   */
  begin(leastMs?: number): { readonly steps: number; readonly isTrial: boolean; readonly mergeInMs: number };
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
  readonly plan: Pick<StepPlan, "most" | "next" | "isTrial">;
}

export interface PaceOptions {
  readonly minCycleMs: number;
  readonly signal: AbortSignal;
}

export function createPace(components: PaceComponents, options: PaceOptions): Pace {
  return new PaceOf(components, options);
}

class PaceOf implements Pace {
  readonly #components: PaceComponents;
  readonly #options: PaceOptions;
  #minCycleMs: number;
  #begunMs: number;
  #fullTrainMs = 0;
  /** Of all steps, in the training of this cycle. */
  #share = 1;
  #deadlineMs: number;

  constructor(components: PaceComponents, options: PaceOptions) {
    this.#components = components;
    this.#options = options;
    this.#minCycleMs = options.minCycleMs;
    this.#begunMs = components.clock.monotonicMs();
    this.#deadlineMs = this.#begunMs;
  }

  begin(leastMs: number = this.#options.minCycleMs): ReturnType<Pace["begin"]> {
    const { clock, plan } = this.#components;
    this.#minCycleMs = leastMs;
    this.#begunMs = clock.monotonicMs();
    const [steps, isTrial] = [plan.next(this.#fullTrainMs), plan.isTrial(this.#fullTrainMs)];
    this.#share = steps / plan.most;
    return { steps, isTrial, mergeInMs: Math.max(leastMs, this.#expectedMs()) };
  }

  trained(): void {
    const tookMs = (this.#components.clock.monotonicMs() - this.#begunMs) / this.#share;
    this.#fullTrainMs = this.#fullTrainMs === 0 ? tookMs : 0.8 * this.#fullTrainMs + 0.2 * tookMs;
  }

  shortest(inbound: Hopes): Promise<void> {
    const { clock } = this.#components;
    const floorMs = this.#begunMs + this.#minCycleMs;
    const patienceMs = Math.min(this.#expectedMs() / 2, 4 * inbound.pullMs());
    this.#deadlineMs = Math.max(floorMs, clock.monotonicMs() + patienceMs);
    return sleepUntil(clock, floorMs, this.#options.signal);
  }

  async longest(inbound: Hopes): Promise<void> {
    const { clock } = this.#components;
    const { signal } = this.#options;
    const wanted = () => inbound.wanted(Math.max(this.#minCycleMs, this.#expectedMs()));
    while (inbound.fresh() < wanted() && clock.monotonicMs() < this.#deadlineMs && !signal.aborted) {
      await sleepUntil(clock, this.#deadlineMs, signal, (wake) => inbound.onFresh(wake));
    }
  }

  #expectedMs(): number {
    return this.#share * this.#fullTrainMs;
  }
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
