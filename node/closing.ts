/**
 * What a process has opened, and closes in reverse order. Each is closed whatever the closing of others threw, and none is waited for when it
 * hangs. Otherwise a full disk, at which one of them fails, would leave a process that listens, holds its lock and learns nothing.
 */
import { HearsayError } from "../protocol/base/errors.ts";

export interface Closing {
  /**
   * Takes over something that was opened.
   * @param what names it where closing it takes too long.
   * @param withinMs the longest that it is waited for; give `ENDS_WITHIN_MS.writing` where it writes to disk.
   */
  add(what: string, close: () => unknown, withinMs?: number): void;
  /**
   * Closes everything, the newest first; a second call waits for the same. Rejects with the error of the first that failed, once all had
   * their turn. @throws HearsayError ERR_TIMEOUT for one that did not end in time.
   */
  close(): Promise<void>;
}

/** How long an end may take. `node/README.md` (Signals) shows these, and what a supervisor has to wait for beside them. */
export const ENDS_WITHIN_MS = {
  /** One step: a connection, a thread, a timer. */
  step: 2_000,
  /** A step that writes to disk: a slow memory card syncs for seconds while it puts its blocks in order. */
  writing: 6_000,
  /** All steps of `hearsay up`. */
  all: 9_000,
} as const;

interface Closer {
  readonly what: string;
  readonly close: () => unknown;
  readonly withinMs: number;
}

export function createClosing(): Closing {
  const closers: Closer[] = [];
  let closing: Promise<void> | undefined;
  return {
    add(what, close, withinMs = ENDS_WITHIN_MS.step) {
      closers.push({ what, close, withinMs });
    },
    close() {
      closing ??= closeAll(closers.reverse());
      return closing;
    },
  };
}

async function closeAll(closers: readonly Closer[]): Promise<void> {
  const failures: unknown[] = [];
  for (const closer of closers) {
    try {
      await inTime(closer);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function inTime({ what, close, withinMs }: Closer): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new HearsayError("ERR_TIMEOUT", `${what} did not end within ${withinMs / 1000} s`));
  }, withinMs);
  try {
    await Promise.race([close(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
