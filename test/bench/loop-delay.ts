/** How late the event loop of this thread is: `perf_hooks.monitorEventLoopDelay`, less the interval of its timer. */
import { monitorEventLoopDelay } from "node:perf_hooks";

export const RESOLUTION_MS = 1;

/** Lateness of a timer, in ms. The mean is over its calls: a loop that is blocked makes few of them, so that its mean flatters it. */
export interface LoopDelay {
  readonly meanMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Starts to measure; the returned function ends it. */
export function startLoopDelay(): () => LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const late = (nanoseconds: number) => nanoseconds / 1e6 - RESOLUTION_MS;
  histogram.enable();
  return () => {
    histogram.disable();
    return { meanMs: late(histogram.mean), p99Ms: late(histogram.percentile(99)), maxMs: late(histogram.max) };
  };
}
