/** A figure that is dear to measure, for whoever asks: fresh where that is cheap, else the last one. */
import { setTimeout as sleep } from "node:timers/promises";

export interface GaugeOptions {
  /** Nobody waits longer than this. */
  readonly patienceMs?: number;
  /** Measuring takes at most this share of the time. */
  readonly maxShare?: number;
}

/**
 * A function that gives the newest figure, null before there is one. One measurement runs at a time; one that fails counts as none.
 */
export function createGauge<T>(
  measure: () => Promise<T>,
  { patienceMs = 1000, maxShare = 0.1 }: GaugeOptions = {},
): () => Promise<T | null> {
  let last: T | null = null;
  let measuring: Promise<void> | undefined;
  let dueMs = 0;

  async function measureOnce(): Promise<void> {
    const startedMs = performance.now();
    try {
      last = await measure();
    } catch {
      // the engine is closing, say: the last figure stands
    } finally {
      const endedMs = performance.now();
      dueMs = endedMs + (endedMs - startedMs) * (1 / maxShare - 1);
      measuring = undefined;
    }
  }

  return async () => {
    if (measuring === undefined && performance.now() >= dueMs) measuring = measureOnce();
    if (measuring !== undefined) await Promise.race([measuring, sleep(patienceMs, undefined, { ref: false })]);
    return last;
  };
}
