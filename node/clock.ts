/** The wall clock. Its timers do not keep the process alive. */
import type { Clock } from "../protocol/base/seams.ts";

export const wallClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
