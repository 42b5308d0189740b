/** The wall clock. Its timers do not keep the process alive. */
import type { Clock } from "../protocol/base/seams.ts";

/** The longest delay of a timer of Node, 25 days; a longer one would be over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const wallClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number) => {
      const next = leftMs > MAX_TIMER_MS ? () => wait(leftMs - MAX_TIMER_MS) : callback;
      timer = setTimeout(next, Math.min(Math.max(leftMs, 0), MAX_TIMER_MS)).unref();
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
