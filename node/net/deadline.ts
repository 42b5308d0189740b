/**
 * A signal that aborts after a time, or with another signal, for what is done many times a second.
 *
 * `AbortSignal.timeout` and `AbortSignal.any` would do the same. But V8 makes their weak references among its old objects, and each time that old objects
 * need room it looks whether all memory should be collected. With both for each request, a body of 16 MB cost twice as many full collections.
 */
import { wallClock } from "../clock.ts";

export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether it aborted because time was over. */
  readonly isLate: boolean;
  /** What was waited for has come: it aborts no more, and nothing of it stays on the other signal. */
  end(): void;
}

/** Aborts after `ms` with a `TimeoutError`, as `AbortSignal.timeout` does, or with the reason of `other`. */
export function createDeadline(ms: number, other?: AbortSignal): Deadline {
  const controller = new AbortController();
  let isLate = false;
  const onAbort = () => controller.abort(other?.reason);
  const cancel = wallClock.after(ms, () => {
    isLate = !controller.signal.aborted;
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  });
  other?.addEventListener("abort", onAbort, { once: true });
  if (other?.aborted) onAbort();
  return {
    signal: controller.signal,
    get isLate() {
      return isLate;
    },
    end() {
      cancel();
      other?.removeEventListener("abort", onAbort);
    },
  };
}
