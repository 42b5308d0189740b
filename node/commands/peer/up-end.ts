/** How the process of `hearsay up` ends: at a signal, and within a time. */
import type { Logger } from "pino";
import { ENDS_WITHIN_MS } from "../../closing.ts";
import { fail } from "../../terminal/fail.ts";
import { onStopSignals, statusAfter } from "../../terminal/stop-signals.ts";

/** A reader of the log that has stopped is not waited for longer. */
const LAST_WORDS_MS = 500;
const EXIT_FAILED = 1;

/** Resolves with the first signal to stop; before the peer learns, that ends the process. */
export function stopSignals(logger: Logger, isLearning: () => boolean): Promise<unknown> {
  const { asked } = onStopSignals((signal) => {
    logger.warn(`ended at once, on a second ${signal}`);
    process.exit(statusAfter(signal));
  });
  void asked.then((signal) => {
    if (isLearning()) return;
    logger.info(`stopped by ${signal} before it learned`);
    process.exit(0); // nothing is half written, whenever it ends
  });
  return asked;
}

/**
 * Whatever hangs: a supervisor must see that this peer does not learn any more. So one that has not ended in time is ended. The returned function says
 * that all has been closed, and leaves the last words a moment to be read.
 */
export function endInTime(logger: Logger, error?: unknown): () => void {
  const end = () => {
    if (error !== undefined) fail(error);
    logger.error(`not everything has ended within ${ENDS_WITHIN_MS.all / 1000} s; ended without it`);
    process.exit(EXIT_FAILED);
  };
  const timer = setTimeout(end, ENDS_WITHIN_MS.all).unref();
  return () => {
    clearTimeout(timer);
    setTimeout(() => process.exit(), LAST_WORDS_MS).unref();
  };
}
