/** Waiting that leaves nothing behind on a signal that lives longer. */

/**
 * What the promise gives, or the reason of the signal, whichever comes first. It listens no longer than that: a signal made by `AbortSignal.any` that somebody
 * listens to is kept by Node, with all that the listener knows, until one of its sources aborts.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  });
}
